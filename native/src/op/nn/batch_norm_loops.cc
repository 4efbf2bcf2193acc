// Statistics of channels of (outer, channels, inner), and what is computed with them. Every call works on n channels.
#include "mx/op.h"
#include "op/nn/batch_norm.h"
#include "op/nn/lane_sum.h"

#if defined(MX_ISA)
namespace mx::MX_ISA {

// sums[c] = sum of f(c, offset) over everything in channel c, for n <= kChannelBlock channels from `first`.
template <class T, class F>
MX_INLINE void channel_sums(const ChannelView& v, int64_t first, int64_t n, double* sums, F f) {
  for (int64_t c = 0; c < n; ++c) sums[c] = 0;
  if (v.inner == 1) {
    for (int64_t o = 0; o < v.outer; ++o) {
      const int64_t row = o * v.channels + first;
      for (int64_t c = 0; c < n; ++c) sums[c] += double(f(c, row + c));
    }
    return;
  }
  for (int64_t c = 0; c < n; ++c)
    for (int64_t o = 0; o < v.outer; ++o) {
      const int64_t row = (o * v.channels + first + c) * v.inner;
      sums[c] += lane_sum<T>(v.inner, [&](int64_t j) { return f(c, row + j); });
    }
}

// out[offset] = f(c, offset) everywhere in the channels.
template <class T, class F>
MX_INLINE void each_in_channels(const ChannelView& v, int64_t first, int64_t n, F f) {
  if (v.inner == 1) {
    for (int64_t o = 0; o < v.outer; ++o) {
      const int64_t row = o * v.channels + first;
#pragma GCC ivdep
      for (int64_t c = 0; c < n; ++c) f(c, row + c);
    }
    return;
  }
  for (int64_t c = 0; c < n; ++c)
    for (int64_t o = 0; o < v.outer; ++o) {
      const int64_t row = (o * v.channels + first + c) * v.inner;
#pragma GCC ivdep
      for (int64_t j = 0; j < v.inner; ++j) f(c, row + j);
    }
}

// extra: the first channel. params: ChannelView. in: data. out: mean, biased variance.
struct BatchNormMoments {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const auto& v = *static_cast<const ChannelView*>(args.params);
    const int64_t first = args.extra[0];
    const T* x = static_cast<const T*>(in[0]);
    T *mean = static_cast<T*>(out[0]) + first, *variance = static_cast<T*>(out[1]) + first;
    const double count = double(v.outer * v.inner);
    double sums[kChannelBlock];
    channel_sums<T>(v, first, n, sums, [&](int64_t, int64_t at) { return x[at]; });
    for (int64_t c = 0; c < n; ++c) mean[c] = T(sums[c] / count);
    channel_sums<T>(v, first, n, sums, [&](int64_t c, int64_t at) { return (x[at] - mean[c]) * (x[at] - mean[c]); });
    for (int64_t c = 0; c < n; ++c) variance[c] = T(sums[c] / count);
  }
};

// in: data, mean, inverse deviation, gamma (null: 1), beta. out: the normalized data.
struct BatchNormApply {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const auto& v = *static_cast<const ChannelView*>(args.params);
    const int64_t first = args.extra[0];
    const T *x = static_cast<const T*>(in[0]), *mean = static_cast<const T*>(in[1]) + first,
            *inverse = static_cast<const T*>(in[2]) + first, *gamma = static_cast<const T*>(in[3]),
            *beta = static_cast<const T*>(in[4]) + first;
    T *y = static_cast<T*>(out[0]), scale[kChannelBlock], middle[kChannelBlock], shift[kChannelBlock];
    for (int64_t c = 0; c < n; ++c)
      scale[c] = gamma ? gamma[first + c] * inverse[c] : inverse[c], middle[c] = mean[c], shift[c] = beta[c];
    each_in_channels<T>(v, first, n, [&](int64_t c, int64_t at) { y[at] = (x[at] - middle[c]) * scale[c] + shift[c]; });
  }
};

// in: head, data, mean, inverse deviation, gamma (null: 1). out: gradients of data, gamma, beta; null ones are not
// wanted. mode 1: mean and deviation are those of the batch, and depend on data.
struct BatchNormBackward {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const auto& v = *static_cast<const ChannelView*>(args.params);
    const int64_t first = args.extra[0];
    const T *dy = static_cast<const T*>(in[0]), *x = static_cast<const T*>(in[1]),
            *gamma = static_cast<const T*>(in[4]);
    T *dx = static_cast<T*>(out[0]), *dgamma = static_cast<T*>(out[1]), *dbeta = static_cast<T*>(out[2]);
    T mean[kChannelBlock], inverse[kChannelBlock], scale[kChannelBlock], shift[kChannelBlock], slope[kChannelBlock];
    double heads[kChannelBlock] = {}, products[kChannelBlock] = {};
    for (int64_t c = 0; c < n; ++c) {
      mean[c] = static_cast<const T*>(in[2])[first + c], inverse[c] = static_cast<const T*>(in[3])[first + c];
      scale[c] = gamma ? gamma[first + c] * inverse[c] : inverse[c];
    }
    if (dbeta || args.mode) channel_sums<T>(v, first, n, heads, [&](int64_t, int64_t at) { return dy[at]; });
    if (dgamma || args.mode)
      channel_sums<T>(v, first, n, products, [&](int64_t c, int64_t at) { return dy[at] * (x[at] - mean[c]); });
    const double count = double(v.outer * v.inner);
    for (int64_t c = 0; c < n; ++c) {
      if (dbeta) dbeta[first + c] = T(heads[c]);
      if (dgamma) dgamma[first + c] = T(products[c] * double(inverse[c]));
      shift[c] = args.mode ? T(heads[c] / count) : T(0);
      slope[c] = args.mode ? T(products[c] * double(inverse[c]) * double(inverse[c]) / count) : T(0);
    }
    if (dx)
      each_in_channels<T>(v, first, n, [&](int64_t c, int64_t at) {
        dx[at] = scale[c] * (dy[at] - shift[c] - (x[at] - mean[c]) * slope[c]);
      });
  }
};

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(batch_norm_moments, BatchNormMoments, float, double)
MX_KERNELS(BatchNorm, BatchNormApply, float, double)
MX_KERNELS(_backward_BatchNorm, BatchNormBackward, float, double)
