// Kernels that take whole arrays and know by themselves what to do with them: kind MX_BLOCK_DENSE.
#pragma once
#include "device/scope.h"
#include "mx/opdef.h"

namespace mx::device {

// Arrays without data are handed over as they are: the kernel does not need or want them.
void run_dense(const char* kernel, DType lane, std::initializer_list<Tensor> in, std::initializer_list<Tensor> out,
               const void* params, int mode = 0);

}  // namespace mx::device
