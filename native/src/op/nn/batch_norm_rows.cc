// BatchNorm of rows of channels: arrays whose channels stand last. Sums are taken over fixed chunks of rows, each small
// enough to stay in the cache while it is read twice, and the chunks are joined in their order.
#include "mx/op.h"
#include "op/nn/batch_norm.h"

#if defined(MX_ISA)
namespace mx::MX_ISA {

inline constexpr int64_t kRowsInFloat = 64;  // summed in the type of the data, before they join a double

// sums[k][c] += f(k)(row, c) over n rows: kSums sums at once.
template <class T, int kSums, class F>
MX_INLINE void add_rows(int64_t n, int64_t channels, double* sums, F f) {
  for (int64_t from = 0; from < channels; from += kChannelBlock) {
    const int64_t width = channels - from < kChannelBlock ? channels - from : kChannelBlock;
    double total[kSums][kChannelBlock] = {};
    for (int64_t row = 0; row < n; row += kRowsInFloat) {
      const int64_t end = n - row < kRowsInFloat ? n : row + kRowsInFloat;
      T part[kSums][kChannelBlock] = {};
      if (width == kChannelBlock) {
        for (int64_t r = row; r < end; ++r)
          for (int64_t c = 0; c < kChannelBlock; ++c) f(r * channels + from + c, from + c, c, part);
      } else {
        for (int64_t r = row; r < end; ++r)
          for (int64_t c = 0; c < width; ++c) f(r * channels + from + c, from + c, c, part);
      }
      for (int k = 0; k < kSums; ++k)
        for (int64_t c = 0; c < width; ++c) total[k][c] += double(part[k][c]);
    }
    for (int k = 0; k < kSums; ++k)
      for (int64_t c = 0; c < width; ++c) sums[k * channels + from + c] = total[k][c];
  }
}

// extra: channels. in: n rows of data. out: double, the mean and the sum of squared distances from it by channel.
struct RowMoments {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const int64_t channels = args.extra[0];
    const T* x = static_cast<const T*>(in[0]);
    double* mean = static_cast<double*>(out[0]);
    add_rows<T, 1>(n, channels, mean,
                   [&](int64_t at, int64_t, int64_t c, T(*part)[kChannelBlock]) { part[0][c] += x[at]; });
    for (int64_t c = 0; c < channels; ++c) mean[c] /= double(n);
    add_rows<T, 1>(n, channels, mean + channels, [&](int64_t at, int64_t c, int64_t i, T(*part)[kChannelBlock]) {
      const T distance = x[at] - T(mean[c]);
      part[0][i] += distance * distance;
    });
  }
};

// in: n rows of head and data, and the mean by channel. out: double, sums of head and of head times distance from mean.
struct RowProducts {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const T *dy = static_cast<const T*>(in[0]), *x = static_cast<const T*>(in[1]), *mean = static_cast<const T*>(in[2]);
    add_rows<T, 2>(n, args.extra[0], static_cast<double*>(out[0]),
                   [&](int64_t at, int64_t c, int64_t i, T(*part)[kChannelBlock]) {
                     part[0][i] += dy[at];
                     part[1][i] += dy[at] * (x[at] - mean[c]);
                   });
  }
};

// in: n rows of data; mean, scale and shift by channel.
struct RowApply {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const int64_t channels = args.extra[0];
    const T *x = static_cast<const T*>(in[0]), *mean = static_cast<const T*>(in[1]),
            *scale = static_cast<const T*>(in[2]), *shift = static_cast<const T*>(in[3]);
    T* y = static_cast<T*>(out[0]);
    for (int64_t row = 0; row < n; ++row, x += channels, y += channels) {
#pragma GCC ivdep
      for (int64_t c = 0; c < channels; ++c) y[c] = (x[c] - mean[c]) * scale[c] + shift[c];
    }
  }
};

// in: n rows of head and data; mean, scale, shift and slope by channel.
struct RowBackward {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const int64_t channels = args.extra[0];
    const T *dy = static_cast<const T*>(in[0]), *x = static_cast<const T*>(in[1]), *mean = static_cast<const T*>(in[2]),
            *scale = static_cast<const T*>(in[3]), *shift = static_cast<const T*>(in[4]),
            *slope = static_cast<const T*>(in[5]);
    T* dx = static_cast<T*>(out[0]);
    for (int64_t row = 0; row < n; ++row, x += channels, dy += channels, dx += channels) {
#pragma GCC ivdep
      for (int64_t c = 0; c < channels; ++c) dx[c] = scale[c] * (dy[c] - shift[c] - (x[c] - mean[c]) * slope[c]);
    }
  }
};

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(batch_norm_row_moments, RowMoments, float, double)
MX_KERNELS(batch_norm_row_products, RowProducts, float, double)
MX_KERNELS(batch_norm_row_apply, RowApply, float, double)
MX_KERNELS(batch_norm_row_backward, RowBackward, float, double)

#if defined(MX_PASS_HOST)
#include <algorithm>

#include "engine/threads.h"
#include "mx/opdef.h"

namespace mx {
namespace {

using Pointers = std::initializer_list<const void*>;

// The loop on chunks of rows. The first `moving` inputs and, unless `partial`, the output advance with the rows;
// partial results of a chunk are two doubles for each channel.
void run_chunks(const char* name, const ChannelView& v, DType dtype, Pointers in, size_t moving, void* out,
                bool partial) {
  const Loop loop = find_loop(name, dtype);
  const int64_t rows = v.outer, length = rows_of_chunk(v.channels), chunks = (rows + length - 1) / length;
  const auto row_bytes = v.channels * static_cast<int64_t>(size_of(dtype));
  engine::parallel_for(chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      const int64_t first = chunk * length, n = std::min(length, rows - first);
      const void* from[6];
      size_t i = 0;
      for (const void* pointer : in) {
        from[i] = static_cast<const char*>(pointer) + (i < moving ? first * row_bytes : 0);
        ++i;
      }
      void* to = partial ? static_cast<void*>(static_cast<double*>(out) + chunk * 2 * v.channels)
                         : static_cast<char*>(out) + first * row_bytes;
      loop(&to, from, n, {.extra = &v.channels});
    }
  });
}

double* partial_results(const OpContext& context, const ChannelView& v, int64_t* chunks) {
  const int64_t length = rows_of_chunk(v.channels);
  *chunks = (v.outer + length - 1) / length;
  return static_cast<double*>(context.workspace(static_cast<size_t>(*chunks * 2 * v.channels) * sizeof(double)));
}

template <class T>
void join_moments(const ChannelView& v, const double* parts, int64_t chunks, T* mean, T* variance) {
  const int64_t length = rows_of_chunk(v.channels);
  const auto count = static_cast<double>(v.outer);
  for (int64_t c = 0; c < v.channels; ++c) {
    double sum = 0, squares = 0;
    const auto rows = [&](int64_t k) { return static_cast<double>(std::min(length, v.outer - k * length)); };
    for (int64_t k = 0; k < chunks; ++k) sum += rows(k) * parts[2 * k * v.channels + c];
    const double middle = sum / count;
    for (int64_t k = 0; k < chunks; ++k) {
      const double distance = parts[2 * k * v.channels + c] - middle;
      squares += parts[(2 * k + 1) * v.channels + c] + rows(k) * distance * distance;
    }
    mean[c] = static_cast<T>(middle), variance[c] = static_cast<T>(squares / count);
  }
}

template <class T>
void backward_rows(const OpContext& context, const ChannelView& v, const RowGradients& g) {
  T* const slots = static_cast<T*>(context.workspace(static_cast<size_t>(3 * v.channels) * sizeof(T)));
  T *scale = slots, *shift = slots + v.channels, *slope = shift + v.channels;
  const T *inverse = static_cast<const T*>(g.inverse), *gamma = static_cast<const T*>(g.gamma);
  std::fill_n(shift, 2 * v.channels, T(0));
  for (int64_t c = 0; c < v.channels; ++c) scale[c] = gamma ? gamma[c] * inverse[c] : inverse[c];
  if (g.dgamma || g.dbeta || g.of_batch) {
    int64_t chunks = 0;
    double* const parts = partial_results(context, v, &chunks);
    run_chunks("batch_norm_row_products", v, dtype_of<T>, {g.head, g.data, g.mean}, 2, parts, true);
    for (int64_t c = 0; c < v.channels; ++c) {
      double heads = 0, products = 0;
      for (int64_t k = 0; k < chunks; ++k)
        heads += parts[2 * k * v.channels + c], products += parts[(2 * k + 1) * v.channels + c];
      const auto count = static_cast<double>(v.outer), factor = static_cast<double>(inverse[c]);
      if (g.dbeta) static_cast<T*>(g.dbeta)[c] = static_cast<T>(heads);
      if (g.dgamma) static_cast<T*>(g.dgamma)[c] = static_cast<T>(products * factor);
      if (g.of_batch) shift[c] = static_cast<T>(heads / count);
      if (g.of_batch) slope[c] = static_cast<T>(products * factor * factor / count);
    }
  }
  if (g.dx)
    run_chunks("batch_norm_row_backward", v, dtype_of<T>, {g.head, g.data, g.mean, scale, shift, slope}, 2, g.dx,
               false);
}

}  // namespace

void row_moments(const OpContext& context, const ChannelView& v, DType dtype, const void* data, void* mean,
                 void* variance) {
  int64_t chunks = 0;
  double* const parts = partial_results(context, v, &chunks);
  run_chunks("batch_norm_row_moments", v, dtype, {data}, 1, parts, true);
  if (dtype == DType::kFloat64)
    join_moments(v, parts, chunks, static_cast<double*>(mean), static_cast<double*>(variance));
  else
    join_moments(v, parts, chunks, static_cast<float*>(mean), static_cast<float*>(variance));
}

void row_apply(const ChannelView& v, DType dtype, const void* data, const void* mean, const void* scale,
               const void* shift, void* out) {
  run_chunks("batch_norm_row_apply", v, dtype, {data, mean, scale, shift}, 1, out, false);
}

void row_backward(const OpContext& context, const ChannelView& v, DType dtype, const RowGradients& gradients) {
  if (dtype == DType::kFloat64)
    backward_rows<double>(context, v, gradients);
  else
    backward_rows<float>(context, v, gradients);
}

}  // namespace mx
#endif
