// oneDNN has no float64. Gradients are checked numerically in it, so that it must be right; it need not be fast.
#include <algorithm>

#include "op/matrix/gemm.h"
#include "op/nn/convolve.h"
#include "op/nn/im2col.h"

namespace mx {
namespace {

struct Work {
  const Convolve& c;
  const Window& w;
  Patches patches;
  int64_t batch, out_channels, rows, columns;       // of one group; rows and columns of its matrix of patches
  int64_t data_channel, out_channel, out_position;  // strides
  double *matrix, *scratch;

  Work(const OpContext& context, const Convolve& conv) : c(conv), w(conv.window), patches{w, 0, {}, {}, 0, {}} {
    batch = c.data[0];
    out_channels = c.weight[0] / c.groups;
    patches.channels = c.data[w.channel_axis()] / c.groups;
    for (int i = 0; i < w.rank; ++i) {
      const int axis = w.spatial_axis(i);
      patches.size[i] = c.data[axis];
      patches.out[i] = c.out[axis];
      patches.stride[i] = c.data.size(axis + 1, c.data.ndim);
    }
    patches.channel_stride = data_channel = w.last ? 1 : c.data.size(2, c.data.ndim);
    rows = patches.rows(), columns = patches.columns();
    out_channel = w.last ? 1 : columns;
    out_position = w.last ? c.out.back() : 1;
    const int64_t largest = std::max({scratch_of(columns, out_channels, rows), scratch_of(out_channels, rows, columns),
                                      scratch_of(rows, columns, out_channels)});
    matrix = static_cast<double*>(context.workspace(sizeof(double) * static_cast<size_t>(rows * columns)));
    scratch = static_cast<double*>(context.workspace(sizeof(double) * static_cast<size_t>(largest)));
  }
  static int64_t scratch_of(int64_t m, int64_t n, int64_t k) { return gemm_scratch({1, m, n, k}); }

  // Offsets of one group of one sample.
  int64_t data_at(int64_t n, int64_t g) const {
    return n * c.data.size(1, c.data.ndim) + g * patches.channels * data_channel;
  }
  int64_t out_at(int64_t n, int64_t g) const { return n * c.out.size(1, c.out.ndim) + g * out_channels * out_channel; }
  int64_t weight_at(int64_t g) const { return g * out_channels * rows; }

  // The weights as (out channel, channel, kernel): their order in memory unless channels stand last.
  void reorder(const double* from, double* to, bool back) const {
    const int64_t kernel = rows / patches.channels;
    for (int64_t o = 0; o < c.weight[0]; ++o)
      for (int64_t i = 0; i < patches.channels; ++i)
        for (int64_t k = 0; k < kernel; ++k) {
          const int64_t usual = (o * patches.channels + i) * kernel + k, last = (o * kernel + k) * patches.channels + i;
          to[back ? last : usual] = from[back ? usual : last];
        }
  }
  double* weight_buffer(const OpContext& context) const {
    return static_cast<double*>(context.workspace(sizeof(double) * static_cast<size_t>(c.weight.size())));
  }
};

}  // namespace

void convolve_float64(const OpContext& context, const Convolve& c, const double* x, const double* weight,
                      const double* bias, double* y) {
  const Work t(context, c);
  if (t.w.last) {
    double* usual = t.weight_buffer(context);
    t.reorder(weight, usual, false);
    weight = usual;
  }
  // (positions, patch) (patch, out channels): this way round the bias belongs to columns.
  const Gemm g = {1,
                  t.columns,
                  t.out_channels,
                  t.rows,
                  transposed(row_major(t.rows, t.columns)),
                  transposed(row_major(t.out_channels, t.rows)),
                  {0, t.out_position, t.out_channel},
                  DType::kFloat64};
  for (int64_t n = 0; n < t.batch; ++n)
    for (int64_t group = 0; group < c.groups; ++group) {
      t.patches.gather(x + t.data_at(n, group), t.matrix);
      gemm_float64(g, t.matrix, weight + t.weight_at(group), y + t.out_at(n, group),
                   bias ? bias + group * t.out_channels : nullptr, t.scratch);
    }
}

void convolve_data_float64(const OpContext& context, const Convolve& c, const double* dy, const double* weight,
                           double* dx) {
  const Work t(context, c);
  if (t.w.last) {
    double* usual = t.weight_buffer(context);
    t.reorder(weight, usual, false);
    weight = usual;
  }
  std::fill_n(dx, c.data.size(), 0.0);
  const Gemm g = {1,
                  t.rows,
                  t.columns,
                  t.out_channels,
                  transposed(row_major(t.out_channels, t.rows)),
                  {0, t.out_channel, t.out_position},
                  row_major(t.rows, t.columns),
                  DType::kFloat64};
  for (int64_t n = 0; n < t.batch; ++n)
    for (int64_t group = 0; group < c.groups; ++group) {
      gemm_float64(g, weight + t.weight_at(group), dy + t.out_at(n, group), t.matrix, nullptr, t.scratch);
      t.patches.scatter_add(t.matrix, dx + t.data_at(n, group));
    }
}

void convolve_weight_float64(const OpContext& context, const Convolve& c, const double* x, const double* dy, double* dw,
                             double* db) {
  const Work t(context, c);
  double *part = t.weight_buffer(context), *sum = t.w.last ? t.weight_buffer(context) : dw;
  std::fill_n(sum, c.weight.size(), 0.0);
  const Gemm g = {1,
                  t.out_channels,
                  t.rows,
                  t.columns,
                  {0, t.out_channel, t.out_position},
                  transposed(row_major(t.rows, t.columns)),
                  row_major(t.out_channels, t.rows),
                  DType::kFloat64};
  for (int64_t n = 0; n < t.batch; ++n)
    for (int64_t group = 0; group < c.groups; ++group) {
      t.patches.gather(x + t.data_at(n, group), t.matrix);
      gemm_float64(g, dy + t.out_at(n, group), t.matrix, part, nullptr, t.scratch);
      double* to = sum + t.weight_at(group);
      for (int64_t i = 0; i < t.out_channels * t.rows; ++i) to[i] += part[i];
    }
  if (t.w.last) t.reorder(sum, dw, true);
  for (int64_t o = 0; db && o < c.weight[0]; ++o) {
    db[o] = 0;
    for (int64_t n = 0; n < t.batch; ++n)
      for (int64_t i = 0; i < t.columns; ++i) db[o] += dy[t.out_at(n, 0) + o * t.out_channel + i * t.out_position];
  }
}

}  // namespace mx
