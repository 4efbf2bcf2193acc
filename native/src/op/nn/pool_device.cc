// Pooling on devices: a thread for each element of the result. The gradient of a maximum first finds the largest
// element of each window; then every element of data collects from the windows that cover it. No atomics.
#include "mx/op.h"
#include "op/nn/pool.h"

#if defined(MX_PASS_CUDA)
#include "mx/cuda/element.h"
#include "mx/cuda/register.h"
#include "mx/op/math.h"

namespace mx::MX_ISA {

struct PoolArgs {
  PoolType type;
  int32_t p;
  bool include_pad;
  uint32_t n, inner, size[3], out[3];
  int32_t kernel[3], stride[3], pad[3];
  int64_t plane, pooled;  // elements of a plane of data, of the output
  MXOperand in[4], to;

  template <class T>
  __device__ __forceinline__ T read(int k, int64_t i) const {
    return load<T>(in[k].data, static_cast<DType>(in[k].dtype), i);
  }
  template <class T>
  __device__ __forceinline__ void write(int64_t i, T value) const {
    store<T>(to.data, static_cast<DType>(to.dtype), i, value);
  }
};

// Element i of planes of (size..., inner).
struct PoolPosition {
  uint32_t plane, inner;
  int32_t at[3];
  __device__ __forceinline__ PoolPosition(uint32_t i, uint32_t width, const uint32_t* size) {
    inner = i % width, i /= width;
    at[2] = int32_t(i % size[2]), i /= size[2];
    at[1] = int32_t(i % size[1]), i /= size[1];
    at[0] = int32_t(i % size[0]), plane = i / size[0];
  }
};

// The part of one window that covers data, and how many elements an average divides by.
struct PoolWindow {
  int32_t from[3], to[3], divisor = 1;
  __device__ __forceinline__ PoolWindow(const PoolArgs& a, const int32_t* position) {
    int32_t whole = 1, inside = 1;
#pragma unroll
    for (int k = 0; k < 3; ++k) {
      const int32_t size = int32_t(a.size[k]), start = position[k] * a.stride[k] - a.pad[k];
      const int32_t limit = size + a.pad[k], end = start + a.kernel[k] < limit ? start + a.kernel[k] : limit;
      whole *= end - start;
      from[k] = start < 0 ? 0 : start, to[k] = end > size ? size : end;
      if (to[k] < from[k]) to[k] = from[k];
      inside *= to[k] - from[k];
    }
    if (inside) divisor = a.include_pad ? whole : inside;
  }
  // visit(place): the number of an element among those of the plane, in order.
  template <class Visit>
  __device__ __forceinline__ void each(const PoolArgs& a, Visit visit) const {
    for (int32_t i = from[0]; i < to[0]; ++i)
      for (int32_t j = from[1]; j < to[1]; ++j)
        for (int32_t k = from[2]; k < to[2]; ++k) visit((i * int32_t(a.size[1]) + j) * int32_t(a.size[2]) + k);
  }
};

template <class T>
__device__ __forceinline__ T pool_power(T x, int p) {
  return p == 1 ? x : p == 2 ? x * x : x * x * x;
}

template <class T>
__global__ void __launch_bounds__(kThreads) pool_forward(PoolArgs a) {
  for (uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i < a.n; i += gridDim.x * blockDim.x) {
    const PoolPosition position(i, a.inner, a.out);
    const PoolWindow window(a, position.at);
    const int64_t base = position.plane * a.plane + position.inner;
    T sum = a.type == PoolType::kMax ? (sizeof(T) == 4 ? T(-3.402823466e+38f) : T(-1.7976931348623157e+308)) : T(0);
    window.each(a, [&](int32_t place) {
      const T x = a.template read<T>(0, base + int64_t(place) * a.inner);
      if (a.type == PoolType::kMax)
        sum = x > sum ? x : sum;
      else
        sum += a.type == PoolType::kLp ? pool_power(x, a.p) : x;
    });
    if (a.type == PoolType::kAvg) sum /= T(window.divisor);
    if (a.type == PoolType::kLp && a.p > 1) sum = a.p == 2 ? sqrt(sum) : cbrt(sum);
    a.write(i, sum);
  }
}

// The place of the first of the largest; -1 where the window covers no data.
template <class T>
__global__ void __launch_bounds__(kThreads) pool_largest(PoolArgs a) {
  for (uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i < a.n; i += gridDim.x * blockDim.x) {
    const PoolPosition position(i, a.inner, a.out);
    const int64_t base = position.plane * a.plane + position.inner;
    T best = 0;
    int32_t found = -1;
    PoolWindow(a, position.at).each(a, [&](int32_t place) {
      const T x = a.template read<T>(0, base + int64_t(place) * a.inner);
      if (found < 0 || x > best) best = x, found = place;
    });
    static_cast<int32_t*>(a.to.data)[i] = found;
  }
}

// in: head, data, output, places of the largest; the last three only where the type needs them.
template <class T>
__global__ void __launch_bounds__(kThreads) pool_backward(PoolArgs a) {
  for (uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i < a.n; i += gridDim.x * blockDim.x) {
    const PoolPosition position(i, a.inner, a.size);
    int32_t first[3], last[3];  // of the windows that cover the element
#pragma unroll
    for (int k = 0; k < 3; ++k) {
      const int32_t reach = position.at[k] + a.pad[k], before = reach - a.kernel[k];
      first[k] = before < 0 ? 0 : before / a.stride[k] + 1;
      last[k] = reach / a.stride[k] < int32_t(a.out[k]) ? reach / a.stride[k] : int32_t(a.out[k]) - 1;
    }
    const int32_t place = (position.at[0] * int32_t(a.size[1]) + position.at[1]) * int32_t(a.size[2]) + position.at[2];
    const T x = a.type == PoolType::kLp ? a.template read<T>(1, i) : T(0);
    T sum = 0;
    for (int32_t o0 = first[0]; o0 <= last[0]; ++o0)
      for (int32_t o1 = first[1]; o1 <= last[1]; ++o1)
        for (int32_t o2 = first[2]; o2 <= last[2]; ++o2) {
          const int64_t window = (int64_t(o0) * a.out[1] + o1) * a.out[2] + o2,
                        at = position.plane * a.pooled + window * a.inner + position.inner;
          if (a.type == PoolType::kMax) {
            if (static_cast<const int32_t*>(a.in[3].data)[at] == place) sum += a.template read<T>(0, at);
            continue;
          }
          const T head = a.template read<T>(0, at);
          if (a.type == PoolType::kLp && a.p > 1) {
            const T y = a.template read<T>(2, at);
            sum += y == T(0) ? T(0) : head * pool_power(x / y, a.p - 1);
          } else {
            const int32_t o[3] = {o0, o1, o2};
            sum += a.type == PoolType::kAvg ? head / T(PoolWindow(a, o).divisor) : head;
          }
        }
    a.write(i, sum);
  }
}

// params: PoolGeometry. The kernel's elements: those of out[0].
inline int run_pool(const MXBlock* block, void (*kernel)(PoolArgs), bool backward) {
  const auto& g = *static_cast<const PoolGeometry*>(block->params);
  PoolArgs a{};
  a.type = g.type, a.p = g.p, a.include_pad = g.include_pad, a.inner = uint32_t(g.inner);
  a.plane = a.pooled = g.inner;
  for (int i = 0; i < 3; ++i) {
    a.size[i] = uint32_t(g.size[i]), a.out[i] = uint32_t(g.out[i]);
    a.kernel[i] = int32_t(g.kernel[i]), a.stride[i] = int32_t(g.stride[i]), a.pad[i] = int32_t(g.pad[i]);
    a.plane *= g.size[i], a.pooled *= g.out[i];
  }
  const int64_t n = g.outer * (backward ? a.plane : a.pooled);
  if (n == 0) return 0;
  if (n >= int64_t{1} << 31 || a.plane >= int64_t{1} << 31) return fail("pooling makes 2^31 elements or more");
  a.n = uint32_t(n);
  for (int i = 0; i < block->num_in; ++i) a.in[i] = block->in[i];
  a.to = block->out[0];
  return launch(block, kernel, grid_for(n), kThreads, 0, a);
}

struct PoolForwardKernel {};
template <>
struct DeviceBlock<PoolForwardKernel> {
  static constexpr int kKind = MX_BLOCK_DENSE;
  template <class T>
  static int run(const MXBlock* block) {
    return run_pool(block, pool_forward<T>, false);
  }
};
struct PoolLargestKernel {};
template <>
struct DeviceBlock<PoolLargestKernel> {
  static constexpr int kKind = MX_BLOCK_DENSE;
  template <class T>
  static int run(const MXBlock* block) {
    return run_pool(block, pool_largest<T>, false);
  }
};
struct PoolBackwardKernel {};
template <>
struct DeviceBlock<PoolBackwardKernel> {
  static constexpr int kKind = MX_BLOCK_DENSE;
  template <class T>
  static int run(const MXBlock* block) {
    return run_pool(block, pool_backward<T>, true);
  }
};

}  // namespace mx::MX_ISA

MX_KERNELS(pool_forward, PoolForwardKernel, float, double)
MX_KERNELS(pool_largest, PoolLargestKernel, float, double)
MX_KERNELS(pool_backward, PoolBackwardKernel, float, double)
#endif
