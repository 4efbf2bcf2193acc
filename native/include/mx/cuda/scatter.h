// Rows added up, or put, where their keys say, on a device; the keys come in order. A thread adds the rows of one
// column along a stretch of keys; sums of keys that go on beyond a stretch are put together afterwards. No atomics:
// rows of one key are added in their order, and the bits are the same every time.
#pragma once
#include "mx/cuda/element.h"
#include "mx/cuda/register.h"

namespace mx::MX_ISA {

struct ScatterArgs {
  int64_t outer, n, size, inner, stretch, stretches;
  const int32_t *keys, *from;
  DeviceOperand rows, out;
  void* partial;  // [2][outer, stretches, inner]: of the key that a stretch begins with, of that it ends with
};

template <class T>
__device__ __forceinline__ void scatter_store(const ScatterArgs& a, int64_t o, int64_t key, int64_t column, T value) {
  store<T>(a.out.data, a.out.dtype, (o * a.size + key) * a.inner + column, value);
}

template <class T>
__global__ void __launch_bounds__(kThreads) scatter_sum_kernel(ScatterArgs a) {
  const int64_t tasks = a.outer * a.stretches * a.inner, step = int64_t(gridDim.x) * blockDim.x;
  T* const partial = static_cast<T*>(a.partial);
  for (int64_t task = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; task < tasks; task += step) {
    const int64_t column = task % a.inner, stretch = task / a.inner % a.stretches, o = task / a.inner / a.stretches;
    const int64_t begin = stretch * a.stretch, end = begin + a.stretch < a.n ? begin + a.stretch : a.n;
    bool begun_before = begin > 0 && a.keys[begin - 1] == a.keys[begin];
    T sum = 0;
    for (int64_t i = begin; i < end; ++i) {
      const int32_t key = a.keys[i];
      sum += load<T>(a.rows, (o * a.n + a.from[i]) * a.inner + column);
      const bool ends = i + 1 == a.n || a.keys[i + 1] != key;
      if (!ends && i + 1 < end) continue;
      if (begun_before)
        partial[task] = sum;
      else if (!ends)
        partial[tasks + task] = sum;
      else
        scatter_store(a, o, key, column, sum);
      sum = 0, begun_before = false;
    }
  }
}

// The stretch in which the rows of a key begin, but do not end, adds what the stretches after it found.
template <class T>
__global__ void __launch_bounds__(kThreads) scatter_join_kernel(ScatterArgs a) {
  const int64_t tasks = a.outer * a.stretches * a.inner, step = int64_t(gridDim.x) * blockDim.x;
  const T* const partial = static_cast<const T*>(a.partial);
  for (int64_t task = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; task < tasks; task += step) {
    const int64_t column = task % a.inner, stretch = task / a.inner % a.stretches, o = task / a.inner / a.stretches;
    const int64_t begin = stretch * a.stretch, end = begin + a.stretch;
    if (end >= a.n || a.keys[end] != a.keys[end - 1]) continue;  // ends here
    const int32_t key = a.keys[end];
    if (begin > 0 && a.keys[begin - 1] == key) continue;  // begins before
    T sum = partial[tasks + task];
    for (int64_t next = stretch + 1, at = task + a.inner; next < a.stretches; ++next, at += a.inner) {
      sum += partial[at];
      const int64_t after = (next + 1) * a.stretch;
      if (after >= a.n || a.keys[after] != key) break;
    }
    scatter_store(a, o, key, column, sum);
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads) scatter_last_kernel(ScatterArgs a) {
  const int64_t tasks = a.outer * a.n * a.inner, step = int64_t(gridDim.x) * blockDim.x;
  for (int64_t task = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; task < tasks; task += step) {
    const int64_t column = task % a.inner, i = task / a.inner % a.n, o = task / a.inner / a.n;
    if (i + 1 < a.n && a.keys[i + 1] == a.keys[i]) continue;
    scatter_store(a, o, a.keys[i], column, load<T>(a.rows, (o * a.n + a.from[i]) * a.inner + column));
  }
}

inline ScatterArgs scatter_args(const MXBlock* block) {
  ScatterArgs a{};
  a.outer = block->extra[0], a.n = block->extra[1], a.size = block->extra[2], a.inner = block->extra[3];
  a.rows = to_operand(block->in[0], 0), a.out = to_operand(block->out[0], 0);
  a.keys = static_cast<const int32_t*>(block->in[1].data), a.from = static_cast<const int32_t*>(block->in[2].data);
  return a;
}

struct ScatterSum {};
template <>
struct DeviceBlock<ScatterSum> {
  static constexpr int kKind = MX_BLOCK_SCATTER;
  template <class T>
  static int run(const MXBlock* block) {
    ScatterArgs a = scatter_args(block);
    constexpr int64_t kEnough = 1 << 16, kShortest = 16, kLongest = 256;  // threads that fill a device; rows
    const int64_t fitting = a.outer * a.n * a.inner / kEnough;
    a.stretch = fitting < kShortest ? kShortest : fitting > kLongest ? kLongest : fitting;
    a.stretches = (a.n + a.stretch - 1) / a.stretch;
    const int64_t tasks = a.outer * a.stretches * a.inner;
    if (a.stretches > 1) {
      a.partial = block->workspace(block->context, size_t(2 * tasks) * sizeof(T));
      if (!a.partial) return 2;
    }
    const int failed = launch(block, scatter_sum_kernel<T>, grid_for(tasks), kThreads, 0, a);
    if (failed || a.stretches == 1) return failed;
    return launch(block, scatter_join_kernel<T>, grid_for(tasks), kThreads, 0, a);
  }
};

struct ScatterLast {};
template <>
struct DeviceBlock<ScatterLast> {
  static constexpr int kKind = MX_BLOCK_SCATTER;
  template <class T>
  static int run(const MXBlock* block) {
    const ScatterArgs a = scatter_args(block);
    return launch(block, scatter_last_kernel<T>, grid_for(a.outer * a.n * a.inner), kThreads, 0, a);
  }
};

}  // namespace mx::MX_ISA
