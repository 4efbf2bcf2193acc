// Zero-copy exchange with other array libraries: the structures of DLPack 0.8 (dmlc/dlpack), whose layout is its
// contract.
#pragma once
#include <cstdint>

#include "ndarray/ndarray.h"

namespace mx {

struct DLDevice {
  int32_t type, id;
};
struct DLDataType {
  uint8_t code, bits;
  uint16_t lanes;
};
struct DLTensor {
  void* data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t* shape;
  int64_t* strides;  // in elements; null: C order
  uint64_t byte_offset;
};
struct DLManagedTensor {
  DLTensor tensor;
  void* context;
  void (*deleter)(DLManagedTensor*);
};

DLManagedTensor* to_dlpack(const NDArrayRef& array);
// Takes the ownership of `tensor` unless it raises.
NDArrayRef from_dlpack(DLManagedTensor* tensor);

}  // namespace mx
