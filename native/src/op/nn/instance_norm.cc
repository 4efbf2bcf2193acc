#include <algorithm>
#include <cmath>

#include "mx/op.h"
#include "mx/op/strided.h"
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

void forward(const OpContext& context) {
  const Tensor& data = context.in[0];
  if (data.size() == 0) return;
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
      .forward(forward)
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
      .forward(backward);
}

}  // namespace mx
