// Copies between host memory, devices, and places of one device. The caller holds the variables of the arrays.
#pragma once
#include "ndarray/ndarray.h"

namespace mx::device {

// Returns when `data` may change; the copy itself may still be under way.
void copy_from_host(const NDArray& to, const void* data, size_t bytes);
// Returns when the bytes are there; raises the error of the work that wrote the array.
// `pinned`: GPUs write there by themselves.
void copy_to_host(const NDArray& from, void* data, size_t bytes, bool pinned = false);
// Equal dtypes and shapes; at least one of the two is on a device.
void copy(const NDArray& from, const NDArray& to);
void fill_zeros(const NDArray& to);

// The array itself, or a copy of it on the CPU. Takes the variable itself.
NDArrayRef on_cpu(const NDArray& array);

}  // namespace mx::device
