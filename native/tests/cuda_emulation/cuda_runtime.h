// A small CUDA runtime on the CPU, for tests. It stands where <cuda_runtime.h> stands, so that the plugin's own sources
// compile with g++. Each CUDA thread is a fiber; a stream is a queue with its own host thread and random delays.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <tuple>

#define CUDA_EMULATION 1
#define CUDART_VERSION 13000
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __shared__ static thread_local  // all fibers of a block run on one host thread

struct uint3 {
  unsigned x, y, z;
};
struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorNotReady = 600,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
  cudaErrorInvalidResourceHandle = 400,
  cudaErrorIllegalAddress = 700,
  cudaErrorPeerAccessAlreadyEnabled = 704,
  cudaErrorPeerAccessUnsupported = 217,
  cudaErrorLaunchFailure = 719
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 };
enum { cudaStreamNonBlocking = 1, cudaEventDisableTiming = 2, cudaHostAllocPortable = 1 };
struct cudaDeviceProp {
  char name[256];
  size_t totalGlobalMem;
  int major, minor, multiProcessorCount;
};
using cudaStream_t = struct CUstream_st*;
using cudaEvent_t = struct CUevent_st*;
struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  size_t dynamicSmemBytes;
  cudaStream_t stream;
  void* attrs;
  unsigned numAttrs;
};

cudaError_t cudaDriverGetVersion(int*);
cudaError_t cudaGetDeviceCount(int*);
cudaError_t cudaSetDevice(int);
cudaError_t cudaGetDevice(int*);
cudaError_t cudaMalloc(void**, size_t);
cudaError_t cudaFree(void*);
cudaError_t cudaMemGetInfo(size_t* free, size_t* total);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp*, int);
cudaError_t cudaHostAlloc(void**, size_t, unsigned);
cudaError_t cudaFreeHost(void*);
cudaError_t cudaMemsetAsync(void*, int, size_t, cudaStream_t);
cudaError_t cudaDeviceCanAccessPeer(int* out, int device, int peer);
cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned flags);
cudaError_t cudaGetLastError();
cudaError_t cudaMemcpyPeerAsync(void*, int, const void*, int, size_t, cudaStream_t);
cudaError_t cudaMemcpyAsync(void*, const void*, size_t, cudaMemcpyKind, cudaStream_t);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t*, unsigned);
cudaError_t cudaStreamDestroy(cudaStream_t);
cudaError_t cudaStreamSynchronize(cudaStream_t);
cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned = 0);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t*, unsigned);
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t);
cudaError_t cudaEventDestroy(cudaEvent_t);
cudaError_t cudaEventQuery(cudaEvent_t);
cudaError_t cudaEventSynchronize(cudaEvent_t);
const char* cudaGetErrorString(cudaError_t);
const char* cudaGetErrorName(cudaError_t);

// Variables, not macros: cudaLaunchConfig_t has fields of these names. Each switch of fibers is an opaque call, so g++
// reads them again after it; the host thread, and with it their address, stays the same.
extern constinit thread_local uint3 threadIdx, blockIdx;
extern constinit thread_local dim3 blockDim, gridDim;

namespace cuemu {
void block_barrier();
uint64_t exchange(unsigned mask, uint64_t value, int source_lane);  // source_lane < 0: keep your own
unsigned char* dynamic_shared();
cudaError_t check_arguments(const void* words, size_t bytes, int device);
int device_of(cudaStream_t);
cudaError_t enqueue_grid(const cudaLaunchConfig_t&, std::function<void()> thread_body);

template <class T>
T shuffle(unsigned mask, T v, int source_lane) {
  static_assert(sizeof(T) <= 8);
  uint64_t raw = 0;
  memcpy(&raw, &v, sizeof v);
  raw = exchange(mask, raw, source_lane);
  memcpy(&v, &raw, sizeof v);
  return v;
}
inline int lane() { return int((threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) % 32); }
}  // namespace cuemu

inline void __syncthreads() { cuemu::block_barrier(); }
template <class T>
T __shfl_down_sync(unsigned mask, T v, unsigned d, int width = 32) {
  const int l = cuemu::lane();
  return cuemu::shuffle(mask, v, l % width + int(d) < width ? l + int(d) : -1);
}
template <class T>
T __shfl_up_sync(unsigned mask, T v, unsigned d, int width = 32) {
  const int l = cuemu::lane();
  return cuemu::shuffle(mask, v, l % width >= int(d) ? l - int(d) : -1);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T v, int x, int width = 32) {
  const int l = cuemu::lane();
  return cuemu::shuffle(mask, v, (l ^ x) / width <= l / width ? l ^ x : -1);
}
template <class T>
T __shfl_sync(unsigned mask, T v, int source, int width = 32) {
  return cuemu::shuffle(mask, v, cuemu::lane() / width * width + source % width);
}

// The threads of a grid run on one host thread, and only one of them at a time.
template <class T>
T atomicAdd(T* to, T value) {
  const T before = *to;
  *to += value;
  return before;
}

template <class... P, class... A>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(P...), A&&... args) {
  using Tuple = std::tuple<P...>;
  std::shared_ptr<void> storage(calloc(1, sizeof(Tuple)), free);  // zeroed: padding isn't taken for a pointer
  auto* tuple = new (storage.get()) Tuple(static_cast<P>(args)...);
  const auto clear = []<class T>(T& argument) {  // an empty one may share its byte with another
    if constexpr (!std::is_empty_v<T>) __builtin_clear_padding(&argument);
  };
  std::apply([clear](auto&... each) { (clear(each), ...); }, *tuple);
  if (const cudaError_t e = cuemu::check_arguments(tuple, sizeof(Tuple), cuemu::device_of(config->stream))) return e;
  return cuemu::enqueue_grid(*config, [kernel, tuple, storage] { std::apply(kernel, Tuple(*tuple)); });
}
