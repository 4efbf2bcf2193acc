// The emulation itself: right kernels work, broken ones are caught.
#include <cuda_runtime.h>

#include <cstdio>

static int failures;
#define CHECK(x) ((x) ? void() : (++failures, void(printf("%s:%d: %s\n", __FILE__, __LINE__, #x))))

template <bool Sync>
__global__ void reverse(int* v) {  // Sync = false: the barrier is missing
  __shared__ int s[256];
  s[threadIdx.x] = v[threadIdx.x];
  if (Sync) __syncthreads();
  v[threadIdx.x] = s[blockDim.x - 1 - threadIdx.x];
}
__global__ void scan_warp(int* v) {
  int x = v[threadIdx.x];
  for (int d = 1; d < 32; d *= 2) x += __shfl_xor_sync(0xffffffffu, x, d);
  v[threadIdx.x] = x + __shfl_sync(0xffffffffu, int(threadIdx.x), 5);
}
__global__ void divergent(int*) {
  if (threadIdx.x < 40) __syncthreads();
}
__global__ void half_warp(int* v) {  // lanes 16..31 are in the mask, but never come
  if (threadIdx.x % 32 < 16) v[threadIdx.x] = __shfl_down_sync(0xffffffffu, 1, 1);
}

// h: 256 numbers in pinned memory, the only host memory that the emulation copies asynchronously.
static cudaError_t run(void (*kernel)(int*), int* d, int* h, cudaStream_t s) {
  constexpr size_t bytes = 256 * sizeof(int);
  for (int i = 0; i < 256; ++i) h[i] = i;
  CHECK(cudaMemcpyAsync(d, h, bytes, cudaMemcpyHostToDevice, s) == cudaSuccess);
  cudaLaunchConfig_t c{};
  c.gridDim = dim3(1), c.blockDim = dim3(256), c.stream = s;
  CHECK(cudaLaunchKernelEx(&c, kernel, d) == cudaSuccess);
  CHECK(cudaMemcpyAsync(h, d, bytes, cudaMemcpyDeviceToHost, s) == cudaSuccess);
  return cudaStreamSynchronize(s);
}

// An event that is recorded again, elsewhere, stands for its earlier record to those who wait for that.
static void record_twice(int* d, int* h, cudaStream_t busy) {
  cudaStream_t waiting, idle;
  cudaEvent_t event;
  cudaStreamCreateWithFlags(&waiting, cudaStreamNonBlocking);
  cudaStreamCreateWithFlags(&idle, cudaStreamNonBlocking);
  cudaEventCreateWithFlags(&event, cudaEventDisableTiming);
  for (int i = 0; i < 3000; ++i) cudaMemsetAsync(d, i == 2999, 256 * sizeof(int), busy);
  cudaEventRecord(event, busy);
  cudaStreamWaitEvent(waiting, event, 0);
  cudaEventRecord(event, idle);
  CHECK(cudaMemcpyAsync(h, d, sizeof(int), cudaMemcpyDeviceToHost, waiting) == cudaSuccess);
  cudaStreamSynchronize(waiting);
  CHECK(h[0] == 0x01010101);
  cudaStreamDestroy(waiting), cudaStreamDestroy(idle);
}

int main() {
  cudaStream_t s;
  int *d, *h;
  cudaStreamCreateWithFlags(&s, cudaStreamNonBlocking);
  cudaMalloc(reinterpret_cast<void**>(&d), 256 * sizeof(int));
  cudaHostAlloc(reinterpret_cast<void**>(&h), 256 * sizeof(int), cudaHostAllocPortable);
  CHECK(run(reverse<true>, d, h, s) == cudaSuccess);
  for (int i = 0; i < 256; ++i) CHECK(h[i] == 255 - i);
  CHECK(run(reverse<false>, d, h, s) == cudaSuccess);
  int wrong = 0;
  for (int i = 0; i < 256; ++i) wrong += h[i] != 255 - i;
  CHECK(wrong > 0);
  printf("missing __syncthreads: %d of 256 values wrong\n", wrong);
  CHECK(run(scan_warp, d, h, s) == cudaSuccess);
  for (int i = 0; i < 256; ++i) CHECK(h[i] == i / 32 * 32 * 32 + 496 + i / 32 * 32 + 5);
  record_twice(d, h, s);
  cudaLaunchConfig_t c{};
  c.gridDim = dim3(1), c.blockDim = dim3(2048), c.stream = s;
  CHECK(cudaLaunchKernelEx(&c, reverse<true>, d) == cudaErrorInvalidConfiguration);
  CHECK(run(divergent, d, h, s) == cudaErrorLaunchFailure);
  CHECK(run(half_warp, d, h, s) == cudaErrorLaunchFailure);
  printf(failures ? "%d FAILURES\n" : "ok\n", failures);
  return failures != 0;
}
