#include "mx/op/rows.h"

#if defined(MX_PASS_CUDA)
namespace mx::MX_ISA {

// params: eps, a double. in: data, gamma, beta. out: output, mean, one over the deviation.
struct InstanceNormRow {
  static constexpr int kInputs = 3, kOutputs = 3;
  double eps;
  explicit MX_XPU InstanceNormRow(const LoopArgs& args) : eps(*static_cast<const double*>(args.params)) {}
  template <class T, class Row>
  MX_XPU void operator()(const Row& row) const {
    const T size = T(row.size()), mean = row.sum([&](int64_t i) { return row.in(0, i); }) / size;
    const T squares = row.sum([&](int64_t i) {
      const T apart = row.in(0, i) - mean;
      return apart * apart;
    });
    const T inverse = T(1) / sqrt(squares / size + T(eps)), gamma = row.in(1, 0), beta = row.in(2, 0);
    row.each([&](int64_t i) { row.out(0, i, (row.in(0, i) - mean) * inverse * gamma + beta); });
    row.once([&] {
      if (row.wants(1)) row.out(1, 0, mean);
      if (row.wants(2)) row.out(2, 0, inverse);
    });
  }
};
// in: head, data, gamma, mean, one over the deviation. out: gradients of data, and those of gamma and beta by row.
struct InstanceNormGradientRow {
  static constexpr int kInputs = 5, kOutputs = 3;
  template <class T, class Row>
  MX_XPU void operator()(const Row& row) const {
    const T size = T(row.size()), gamma = row.in(2, 0), mean = row.in(3, 0), inverse = row.in(4, 0);
    const auto normal = [&](int64_t i) { return (row.in(1, i) - mean) * inverse; };
    const T heads = row.sum([&](int64_t i) { return row.in(0, i); });
    const T products = row.sum([&](int64_t i) { return row.in(0, i) * normal(i); });
    row.once([&] {
      if (row.wants(1)) row.out(1, 0, products);
      if (row.wants(2)) row.out(2, 0, heads);
    });
    if (!row.wants(0)) return;
    const T factor = gamma * inverse, head = heads / size, product = products / size;
    row.each([&](int64_t i) { row.out(0, i, (row.in(0, i) - head - normal(i) * product) * factor); });
  }
};

}  // namespace mx::MX_ISA

MX_DEVICE_KERNELS(instance_norm_rows, Rows<InstanceNormRow>, float, double)
MX_DEVICE_KERNELS(instance_norm_gradient_rows, Rows<InstanceNormGradientRow>, float, double)
#endif

#if defined(MX_PASS_HOST)
#include <algorithm>
#include <cmath>

#include "device/blocks.h"
#include "graph/second_gradient.h"
#include "mx/op/reduce.h"
#include "op/nn/batch_norm.h"
#include "op/nn/column_sum.h"
#include "op/nn/floats.h"

namespace mx {
namespace {

struct InstanceNormParam {
  float eps = 1e-3f;
  static void fields(auto& f) { f.add("eps", &InstanceNormParam::eps, "Added to the variance."); }
};

// To the loops of BatchNorm every channel of every sample is a channel of its own.
ChannelView view_of(const Shape& shape) { return {1, shape[0] * shape[1], shape.size(2, shape.ndim)}; }

// The scales of the channels, once per sample.
void* repeat_scales(const OpContext& context, const Floats& gamma, const Shape& shape) {
  const size_t bytes = static_cast<size_t>(shape[1]) * size_of(gamma.dtype);
  char* all = static_cast<char*>(context.workspace(static_cast<size_t>(shape[0]) * bytes));
  for (int64_t i = 0; i < shape[0]; ++i) std::copy_n(gamma.data, bytes, all + static_cast<size_t>(i) * bytes);
  return all;
}

template <class T>
void invert(T* variance, int64_t n, float eps) {
  for (int64_t i = 0; i < n; ++i)
    variance[i] = static_cast<T>(1 / std::sqrt(static_cast<double>(variance[i]) + static_cast<double>(eps)));
}

void infer_shape(const InferShape& s) {
  s.same(0, 0);
  const Shape& data = s.in[0];
  if (!data.rank_known()) return;
  MX_CHECK(data.ndim >= 3, kValue, "[InstanceNorm] data of shape ", data,
           " has no spatial axes; it needs at least 3 dimensions");
  s.set_input(1, {data[1]});
  s.set_input(2, {data[1]});
  s.set_output(1, {data[0], data[1]});
  s.set_output(2, {data[0], data[1]});
}

void infer_dtype(const InferDType& d) {
  DType known = d.in[0];
  for (const DType other : {d.out[0], d.in[1], d.in[2]})
    if (known == DType::kUnknown) known = other;
  if (known == DType::kUnknown) return;
  for (size_t i = 0; i < 3; ++i) d.set_input(i, known);
  d.set_output(0, known);
  for (size_t i : {1, 2}) d.set_output(i, compute_dtype(known));
}

// Rows are the channels of the samples.
struct Channels {
  RowView view;
  explicit Channels(const Shape& s) : view{s[0], s.size(2, s.ndim), s[1]} {}
  RowOperand whole(const Tensor& t) const { return {t, {view.inner * view.size, view.size, 1}}; }
  RowOperand by_row(const Tensor& t) const { return {t, {view.inner, 1, 0}}; }
  RowOperand by_channel(const Tensor& t) const { return {t, {0, 1, 0}}; }
};

void device_forward(const OpContext& context) {
  const auto &in = context.in, &out = context.out;
  const Channels c(in[0].shape);
  const double eps = context.as<InstanceNormParam>().eps;
  device::run_rows("instance_norm_rows", compute_dtype(in[0].dtype), c.view,
                   {c.whole(in[0]), c.by_channel(in[1]), c.by_channel(in[2])},
                   {c.whole(out[0]), c.by_row(out[1]), c.by_row(out[2])}, &eps);
}

void device_backward(const OpContext& context) {
  const auto &in = context.in, &out = context.out;
  const Channels c(in[1].shape);
  const DType lane = compute_dtype(in[1].dtype);
  Tensor sums[2];
  for (size_t i : {0, 1}) {
    sums[i] = {nullptr, {c.view.outer, c.view.inner}, lane};
    if (context.wants(i + 1)) sums[i].data = context.workspace(sums[i].bytes());
  }
  device::run_rows("instance_norm_gradient_rows", lane, c.view,
                   {c.whole(in[0]), c.whole(in[1]), c.by_channel(in[2]), c.by_row(in[3]), c.by_row(in[4])},
                   {c.whole(out[0]), c.by_row(sums[0]), c.by_row(sums[1])}, nullptr);
  for (size_t i : {0, 1})
    if (sums[i].data) run_reduce(context, get_kernel("sum"), sums[i], out[i + 1], 1);
}

void forward(const OpContext& context) {
  const Tensor& data = context.in[0];
  if (data.size() == 0) return;
  if (device::current()) return device_forward(context);
  const ChannelView v = view_of(data.shape);
  const Floats x = read_floats(context, data), gamma = read_floats(context, context.in[1]),
               beta = read_floats(context, context.in[2]), y = write_floats(context, context.out[0]);
  const size_t bytes = static_cast<size_t>(v.channels) * size_of(x.dtype);
  void* mean = context.wants(1) ? context.out[1].data : context.workspace(bytes);
  void* inverse = context.wants(2) ? context.out[2].data : context.workspace(bytes);
  run_channels("batch_norm_moments", v, x.dtype, {x.data}, {mean, inverse});
  const float eps = context.as<InstanceNormParam>().eps;
  if (x.dtype == DType::kFloat64)
    invert(static_cast<double*>(inverse), v.channels, eps);
  else
    invert(static_cast<float*>(inverse), v.channels, eps);
  run_channels(
      "BatchNorm", v, x.dtype,
      {x.data, mean, inverse, repeat_scales(context, gamma, data.shape), repeat_scales(context, beta, data.shape)},
      {y.data});
  y.finish();
}

// (head, data, gamma, mean, inverse deviation) -> gradients of data, gamma, beta
void backward(const OpContext& context) {
  const Tensor& data = context.in[1];
  const auto& out = context.out;
  if (data.size() == 0) {
    for (size_t i : {1, 2})
      if (context.wants(i)) fill_zeros(out[i]);
    return;
  }
  if (device::current()) return device_backward(context);
  const ChannelView v = view_of(data.shape);
  const Floats dy = read_floats(context, context.in[0]), x = read_floats(context, data),
               gamma = read_floats(context, context.in[2]), dx = write_floats(context, out[0]);
  const size_t bytes = static_cast<size_t>(v.channels) * size_of(x.dtype);
  void* dgamma = context.wants(1) ? context.workspace(bytes) : nullptr;
  void* dbeta = context.wants(2) ? context.workspace(bytes) : nullptr;
  run_channels("_backward_BatchNorm", v, x.dtype,
               {dy.data, x.data, context.in[3].data, context.in[4].data, repeat_scales(context, gamma, data.shape)},
               {dx.data, dgamma, dbeta}, 1);
  for (size_t i : {1, 2}) {
    if (!context.wants(i)) continue;
    const Floats sums = write_floats(context, out[i]);
    column_sum(context, i == 1 ? dgamma : dbeta, data.shape[0], data.shape[1], x.dtype, sums.data);
    sums.finish();
  }
  if (dx) dx.finish();
}

// data, gamma, beta
void expression(ComposeContext& c) {
  const Value y = normalized(c, c.in[0], {{"axis", "(0, 1)"}, {"exclude", "True"}}, c.as<InstanceNormParam>().eps);
  c.out = {along_axis(c, "broadcast_add", along_axis(c, "broadcast_mul", y, c.in[1], 1), c.in[2], 1)};
}

}  // namespace

MX_OPERATOR(InstanceNorm) {
  op.describe("Normalizes every channel of every sample to mean 0 and variance 1, then scales by gamma and adds beta.")
      .input("data", "(batch, channels, spatial...).")
      .input("gamma", "The scale, (channels,).")
      .input("beta", "The shift, (channels,).")
      .output("output", "The shape of data.")
      .output("mean", "What was subtracted, (batch, channels).")
      .output("var", "What was multiplied by: one over the deviation, (batch, channels).")
      .visible_outputs(1)
      .params<InstanceNormParam>()
      .infer_shape(infer_shape)
      .infer_dtype(infer_dtype)
      .portable_forward(forward)
      .gradient([](GradientContext& g) {
        const auto gradients =
            g.call_same("_backward_InstanceNorm", {g.head(), g.input(0), g.input(1), g.output(1), g.output(2)});
        for (size_t i = 0; i < gradients.size(); ++i)
          if (g.wants(i)) g.set(i, gradients[i]);
      })
      .amp(Amp::kFloat32);
}

MX_OPERATOR(_backward_InstanceNorm) {
  op.describe("Gradients of InstanceNorm.")
      .input("head", "Gradient of the output.")
      .input("data", "The input of InstanceNorm.")
      .input("gamma", "Its scale.")
      .input("mean", "What it subtracted.")
      .input("var", "One over the deviation.")
      .output("data")
      .output("gamma")
      .output("beta")
      .params<InstanceNormParam>()
      .infer_shape([](const InferShape& s) { s.same(1, 0), s.same(2, 1), s.same(2, 2); })
      .infer_dtype([](const InferDType& d) {
        if (d.in[1] == DType::kUnknown) return;
        for (size_t i = 0; i < 3; ++i) d.set_output(i, d.in[1]);
      })
      .portable_forward(backward)
      .gradient([](GradientContext& g) { second_gradient(g, 3, expression); });
}

}  // namespace mx
#endif
