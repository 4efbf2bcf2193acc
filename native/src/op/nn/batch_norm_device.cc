// BatchNorm on devices, for arrays (outer, channels, inner). Sums: a block for each channel or, where channels stand
// last, for 32 of them side by side; data is read in the same order every time. Everything else: a thread per element.
#include "op/nn/batch_norm_device.h"

#include "mx/op.h"

#if defined(MX_PASS_CUDA)
#include "mx/cuda/element.h"
#include "mx/cuda/register.h"
#include "mx/op/math.h"

namespace mx::MX_ISA {

inline constexpr unsigned kChannels = 32;  // of a block where channels stand last

struct ChannelArgs {
  int64_t outer, inner;
  uint32_t channels, n;  // elements in all
  bool last;             // inner is 1
  BatchNormStep step;
  MXOperand in[7], out[5];

  template <class T>
  __device__ __forceinline__ T read(int k, int64_t i) const {
    return load<T>(in[k].data, static_cast<DType>(in[k].dtype), i);
  }
  template <class T>
  __device__ __forceinline__ void write(int k, int64_t i, T value) const {
    store<T>(out[k].data, static_cast<DType>(out[k].dtype), i, value);
  }
};

// The sum of f over the values of this thread's channel; the threads with `part` 0 have it. All threads come.
template <class T, class F>
__device__ __forceinline__ double channel_sum(const ChannelArgs& a, uint32_t channel, unsigned part, unsigned parts,
                                              double* shared, F f) {
  T sum = 0;
  if (channel < a.channels) {
    if (a.last) {
      for (int64_t o = part; o < a.outer; o += parts) sum += f(o * a.channels + channel);
    } else {
      const auto inner = static_cast<uint32_t>(a.inner), count = static_cast<uint32_t>(a.outer * a.inner);
      for (uint32_t i = part; i < count; i += parts) {
        const uint32_t o = i / inner;
        sum += f((int64_t(o) * a.channels + channel) * a.inner + (i - o * inner));
      }
    }
  }
  shared[threadIdx.x] = double(sum);
  __syncthreads();
  const unsigned step = kThreads / parts;
  for (unsigned half = parts / 2; half; half /= 2) {
    if (part < half) shared[threadIdx.x] += shared[threadIdx.x + half * step];
    __syncthreads();
  }
  const double all = shared[threadIdx.x % step];
  __syncthreads();  // shared is used again
  return all;
}

struct ChannelPlace {
  uint32_t channel;
  unsigned part, parts;
  __device__ __forceinline__ explicit ChannelPlace(const ChannelArgs& a)
      : channel(a.last ? blockIdx.x * kChannels + threadIdx.x % kChannels : blockIdx.x),
        part(a.last ? threadIdx.x / kChannels : threadIdx.x),
        parts(a.last ? kThreads / kChannels : kThreads) {}
};

// in: data. out: mean, biased variance.
template <class T>
__global__ void __launch_bounds__(kThreads) batch_norm_moments(ChannelArgs a) {
  double* shared = dynamic_shared<double>();
  const ChannelPlace at(a);
  const double count = double(a.outer * a.inner);
  const auto x = [&](int64_t i) { return a.template read<T>(0, i); };
  const T mean = T(channel_sum<T>(a, at.channel, at.part, at.parts, shared, x) / count);
  const double squares = channel_sum<T>(a, at.channel, at.part, at.parts, shared, [&](int64_t i) {
    const T d = x(i) - mean;
    return d * d;
  });
  if (at.part || at.channel >= a.channels) return;
  a.write(0, at.channel, mean);
  a.write(1, at.channel, T(squares / count));
}

// A thread per channel. in: -. out: mean, variance that becomes the inverse deviation, moving mean, moving variance,
// gamma or null: ones are written into it.
template <class T>
__global__ void __launch_bounds__(kThreads) batch_norm_statistics(ChannelArgs a) {
  const uint32_t c = blockIdx.x * blockDim.x + threadIdx.x;
  if (c >= a.channels) return;
  T* const v[] = {static_cast<T*>(a.out[0].data), static_cast<T*>(a.out[1].data), static_cast<T*>(a.out[2].data),
                  static_cast<T*>(a.out[3].data), static_cast<T*>(a.out[4].data)};
  if (a.step.of_batch) {
    const T keep = T(a.step.momentum);
    v[2][c] = v[2][c] * keep + v[0][c] * (1 - keep);
    v[3][c] = v[3][c] * keep + v[1][c] * (1 - keep);
  } else {
    v[0][c] = v[2][c], v[1][c] = v[3][c];
  }
  v[1][c] = T(1.0 / sqrt(double(v[1][c]) + a.step.eps));
  if (v[4]) v[4][c] = T(1);
}

__device__ __forceinline__ uint32_t channel_of(const ChannelArgs& a, uint32_t i) {
  return i / static_cast<uint32_t>(a.inner) % a.channels;
}

// in: data, mean, inverse deviation, gamma or null, beta. out: the normalized data.
template <class T>
__global__ void __launch_bounds__(kThreads) batch_norm_apply(ChannelArgs a) {
  for (uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i < a.n; i += gridDim.x * blockDim.x) {
    const uint32_t c = channel_of(a, i);
    const T inverse = a.template read<T>(2, c), scale = a.in[3].data ? a.template read<T>(3, c) * inverse : inverse;
    a.write(0, i, (a.template read<T>(0, i) - a.template read<T>(1, c)) * scale + a.template read<T>(4, c));
  }
}

// in: head, data, mean, inverse deviation. out: gradients of gamma and beta, what is subtracted from the head, slope;
// each may be null.
template <class T>
__global__ void __launch_bounds__(kThreads) batch_norm_backward_sums(ChannelArgs a) {
  double* shared = dynamic_shared<double>();
  const ChannelPlace at(a);
  const bool inside = at.channel < a.channels;
  const T mean = inside ? a.template read<T>(2, at.channel) : T(0);
  const double inverse = inside ? double(a.template read<T>(3, at.channel)) : 0, count = double(a.outer * a.inner);
  const double heads =
      channel_sum<T>(a, at.channel, at.part, at.parts, shared, [&](int64_t i) { return a.template read<T>(0, i); });
  const double products = channel_sum<T>(a, at.channel, at.part, at.parts, shared, [&](int64_t i) {
    return a.template read<T>(0, i) * (a.template read<T>(1, i) - mean);
  });
  if (at.part || !inside) return;
  const T values[] = {T(products * inverse), T(heads), T(heads / count), T(products * inverse * inverse / count)};
#pragma unroll
  for (int k = 0; k < 4; ++k)
    if (a.out[k].data) a.write(k, at.channel, values[k]);
}

// in: head, data, mean, inverse deviation, gamma or null, (what is subtracted, slope) or null. out: gradient of data.
template <class T>
__global__ void __launch_bounds__(kThreads) batch_norm_backward(ChannelArgs a) {
  for (uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i < a.n; i += gridDim.x * blockDim.x) {
    const uint32_t c = channel_of(a, i);
    const T inverse = a.template read<T>(3, c), scale = a.in[4].data ? a.template read<T>(4, c) * inverse : inverse;
    T value = a.template read<T>(0, i);
    if (a.in[6].data)
      value = value - a.template read<T>(5, c) -
              (a.template read<T>(1, i) - a.template read<T>(2, c)) * a.template read<T>(6, c);
    a.write(0, i, scale * value);
  }
}

inline int read_channels(const MXBlock* block, ChannelArgs& a) {
  a.step = *static_cast<const BatchNormStep*>(block->params);
  const ChannelView& v = a.step.view;
  const int64_t n = v.outer * v.channels * v.inner;
  if (n >= int64_t{1} << 31) return fail("batch normalization of 2^31 elements or more");
  a.outer = v.outer, a.inner = v.inner, a.channels = uint32_t(v.channels), a.n = uint32_t(n), a.last = v.inner == 1;
  for (int i = 0; i < block->num_in; ++i) a.in[i] = block->in[i];
  for (int i = 0; i < block->num_out; ++i) a.out[i] = block->out[i];
  return 0;
}

// How a kernel is launched: a block per channel, a thread per channel, or a thread per element.
enum class ChannelSpread { kSums, kChannels, kElements };

inline int run_channel_kernel(const MXBlock* block, void (*kernel)(ChannelArgs), ChannelSpread spread) {
  ChannelArgs a{};
  if (const int failed = read_channels(block, a)) return failed;
  const unsigned sums = a.last ? (a.channels + kChannels - 1) / kChannels : a.channels;
  const unsigned grid = spread == ChannelSpread::kSums       ? sums
                        : spread == ChannelSpread::kChannels ? (a.channels + kThreads - 1) / kThreads
                                                             : grid_for(a.n);
  const size_t shared = spread == ChannelSpread::kSums ? kThreads * sizeof(double) : 0;
  return launch(block, kernel, grid, kThreads, shared, a);
}

#define MX_CHANNEL_KERNEL(name, kernel, spread)                           \
  struct name {};                                                         \
  template <>                                                             \
  struct DeviceBlock<name> {                                              \
    static constexpr int kKind = MX_BLOCK_DENSE;                          \
    template <class T>                                                    \
    static int run(const MXBlock* block) {                                \
      return run_channel_kernel(block, kernel<T>, ChannelSpread::spread); \
    }                                                                     \
  };
MX_CHANNEL_KERNEL(DeviceMoments, batch_norm_moments, kSums)
MX_CHANNEL_KERNEL(DeviceStatistics, batch_norm_statistics, kChannels)
MX_CHANNEL_KERNEL(DeviceApply, batch_norm_apply, kElements)
MX_CHANNEL_KERNEL(DeviceBackwardSums, batch_norm_backward_sums, kSums)
MX_CHANNEL_KERNEL(DeviceBackward, batch_norm_backward, kElements)

}  // namespace mx::MX_ISA

MX_KERNELS(batch_norm_moments, DeviceMoments, float, double)
MX_KERNELS(batch_norm_statistics, DeviceStatistics, float, double)
MX_KERNELS(batch_norm_apply, DeviceApply, float, double)
MX_KERNELS(batch_norm_backward_sums, DeviceBackwardSums, float, double)
MX_KERNELS(batch_norm_backward, DeviceBackward, float, double)
#endif
