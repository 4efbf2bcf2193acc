// Kernels that take whole arrays and know by themselves what to do with them: kind MX_BLOCK_DENSE.
#pragma once
#include "device/scope.h"
#include "mx/opdef.h"

namespace mx::device {

// Arrays without data are handed over as they are: the kernel does not need or want them.
void run_dense(const char* kernel, DType lane, std::initializer_list<Tensor> in, std::initializer_list<Tensor> out,
               const void* params, int mode = 0);

// The dtype that stands for all elements of one size, where they are only moved: one of uint8, float16, int32, int64.
inline DType word_of(DType dtype) {
  const size_t size = size_of(dtype);
  return size == 1 ? DType::kUint8 : size == 2 ? DType::kFloat16 : size == 4 ? DType::kInt32 : DType::kInt64;
}

}  // namespace mx::device
