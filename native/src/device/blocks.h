// The building blocks on a device: what the drivers of elementwise.h, reduce.h, strided.h ... hand over to while an
// operator runs there. Pointers to host memory are possible for single values only (numbers among the parameters).
#pragma once
#include "device/scope.h"
#include "mx/op/kernel.h"
#include "mx/op/strided.h"

namespace mx::device {

void run_elementwise(const Kernel& kernel, std::span<const Tensor> in, std::span<const Tensor> out, const void* params);
void run_reduce(const Kernel& kernel, DType lane, const Tensor& in, const Tensor& out, unsigned axes,
                const void* params);
void run_copy(const StridedCopy& copy, const void* from, void* to, size_t element);
void run_convert(const void* from, DType from_dtype, void* to, DType to_dtype, int64_t n);
void fill_zeros(const Tensor& out);
// A kernel of kind MX_BLOCK_RANDOM. It walks along the elements of `out`; how it reads `in` is its own affair.
void run_random(const Kernel& kernel, DType lane, std::span<const Tensor> in, const Tensor& out, int mode,
                const void* params, const int64_t* extra);

}  // namespace mx::device
