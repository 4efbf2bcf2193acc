// Launches, in the one spelling that nvcc and g++ both compile: a kernel is a function pointer here, and
// cudaLaunchKernelEx is a function, so no <<<>>> and no macro. The emulated runtime supplies the same function.
#pragma once
#include <cuda_runtime.h>

#include "mx/loop.h"
#include "mx/plugin.h"

namespace mx::MX_ISA {

inline constexpr unsigned kThreads = 256;  // of a block
inline constexpr int kMaxAxes = 12;

int fail(const char* what, cudaError_t error);  // sets the message; non-zero
int fail(const char* what);

// Enough blocks for a thread per item, but no more than fill a device several times over: kernels loop.
inline unsigned grid_for(int64_t items) {
  const int64_t blocks = (items + kThreads - 1) / kThreads;
  return static_cast<unsigned>(blocks < 1 ? 1 : blocks > 4096 ? 4096 : blocks);
}

template <class... P, class... A>
int launch(const MXBlock* block, void (*kernel)(P...), dim3 grid, dim3 threads, size_t shared_bytes, A... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = threads;
  config.dynamicSmemBytes = shared_bytes;
  config.stream = static_cast<cudaStream_t>(block->stream);
  const cudaError_t error = cudaLaunchKernelEx(&config, kernel, static_cast<P>(arguments)...);
  return error == cudaSuccess ? 0 : fail("launch", error);
}

// g++ can't spell extern __shared__ arrays, so shared memory comes from a function: the one #if that kernels need.
#if defined(CUDA_EMULATION)
template <class T>
T* dynamic_shared() {
  return reinterpret_cast<T*>(cuemu::dynamic_shared());
}
#else
template <class T>
__device__ T* dynamic_shared() {
  extern __shared__ __align__(16) unsigned char mx_dynamic_shared[];
  return reinterpret_cast<T*>(mx_dynamic_shared);
}
#endif

}  // namespace mx::MX_ISA
