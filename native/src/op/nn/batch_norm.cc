#include "op/nn/batch_norm.h"

#include <algorithm>
#include <cmath>

#include "device/dense.h"
#include "engine/threads.h"
#include "mx/op.h"
#include "mx/op/strided.h"
#include "op/nn/batch_norm_device.h"
#include "op/nn/batch_norm_param.h"
#include "op/nn/floats.h"

namespace mx {

void run_channels(const char* name, const ChannelView& v, DType dtype, std::initializer_list<const void*> in,
                  std::initializer_list<void*> out, int mode) {
  const Loop loop = find_loop(name, dtype);
  const int64_t most = std::clamp<int64_t>((1 << 15) / std::max<int64_t>(1, v.outer * v.inner), 1, kChannelBlock);
  const int64_t grain = v.inner == 1 ? kChannelBlock : most;
  engine::parallel_for(v.channels, grain, [&](int64_t begin, int64_t end) {
    for (int64_t first = begin; first < end; first += kChannelBlock)
      loop(out.begin(), in.begin(), std::min(kChannelBlock, end - first),
           {.params = &v, .mode = mode, .extra = &first});
  });
}

namespace {

enum { kData, kGamma, kBeta, kMovingMean, kMovingVar };

ChannelView view_of(const Tensor& data, const BatchNormParam& p) {
  const Shape& shape = data.shape;
  const int axis = normalize_axis(p.axis, shape.ndim, "BatchNorm");
  if (data.format == Format::kChannelsLast) return {shape.size() / std::max<int64_t>(1, shape[1]), shape[1], 1};
  return {shape.size(0, axis), shape[axis], shape.size(axis + 1, shape.ndim)};
}

bool first_channels(const void* params, const Shape& data) {
  return normalize_axis(static_cast<const BatchNormParam*>(params)->axis, data.ndim, "BatchNorm") == 1;
}

void infer_shape(const InferShape& s) {
  s.same(kData, 0);
  const Shape& data = s.in[kData];
  Shape channels = {-1};
  if (data.rank_known()) {
    MX_CHECK(data.ndim > 0, kValue, "[BatchNorm] data needs at least one dimension");
    channels[0] = data[normalize_axis(s.as<BatchNormParam>().axis, data.ndim, "BatchNorm")];
  }
  for (size_t i = kGamma; i <= kMovingVar; ++i) s.set_input(i, channels);
  s.set_output(1, s.in[kGamma]);
  s.set_output(2, s.in[kGamma]);
}

void infer_dtype(const InferDType& d) {
  if (d.in[0] == DType::kUnknown) d.in[0] = d.out[0];
  if (d.in[0] == DType::kUnknown) return;
  d.set_output(0, d.in[0]);
  MX_CHECK(is_floating(d.in[0]), kType, "[BatchNorm] data of ", d.in[0], " is not supported; cast to float32 first");
  const DType statistics = compute_dtype(d.in[0]);
  for (size_t i = kGamma; i <= kMovingVar; ++i) d.set_input(i, statistics);
  d.set_output(1, statistics);
  d.set_output(2, statistics);
}

// Updates the averages where the batch counts; leaves the mean and the inverse deviation to normalize by.
template <class T>
void statistics(const OpContext& context, const ChannelView& v, const void* data, T* mean, T* inverse) {
  const auto& p = context.as<BatchNormParam>();
  T *moving_mean = context.in[kMovingMean].as<T>(), *moving_var = context.in[kMovingVar].as<T>();
  const bool of_batch = context.is_train && !p.use_global_stats;
  if (of_batch && v.inner == 1)
    row_moments(context, v, dtype_of<T>, data, mean, inverse);
  else if (of_batch)
    run_channels("batch_norm_moments", v, dtype_of<T>, {data}, {mean, inverse});
  const T keep = static_cast<T>(p.momentum);
  for (int64_t c = 0; c < v.channels; ++c) {
    if (of_batch) {
      moving_mean[c] = moving_mean[c] * keep + mean[c] * (1 - keep);
      moving_var[c] = moving_var[c] * keep + inverse[c] * (1 - keep);
    } else {
      mean[c] = moving_mean[c], inverse[c] = moving_var[c];
    }
    inverse[c] = static_cast<T>(1 / std::sqrt(static_cast<double>(inverse[c]) + p.eps));
  }
  if (p.fix_gamma && context.is_train) std::fill_n(context.in[kGamma].as<T>(), v.channels, T(1));
}

template <class T>
void make_scale(const ChannelView& v, const void* inverse, const void* gamma, void* scale) {
  const T *from = static_cast<const T*>(inverse), *factor = static_cast<const T*>(gamma);
  for (int64_t c = 0; c < v.channels; ++c) static_cast<T*>(scale)[c] = factor ? factor[c] * from[c] : from[c];
}

void forward_on_device(const OpContext& context, const ChannelView& view) {
  const auto& p = context.as<BatchNormParam>();
  const auto& in = context.in;
  const DType lane = compute_dtype(in[kData].dtype);
  const BatchNormStep step{view, p.eps, p.momentum, context.is_train && !p.use_global_stats};
  Tensor mean{context.out[1].data, {view.channels}, lane}, inverse{context.out[2].data, {view.channels}, lane};
  for (Tensor* t : {&mean, &inverse})
    if (!t->data) t->data = context.workspace(t->bytes());
  if (step.of_batch) device::run_dense("batch_norm_moments", lane, {in[kData]}, {mean, inverse}, &step);
  const Tensor ones = p.fix_gamma && context.is_train ? in[kGamma] : Tensor();
  device::run_dense("batch_norm_statistics", lane, {}, {mean, inverse, in[kMovingMean], in[kMovingVar], ones}, &step);
  const Tensor gamma = p.fix_gamma ? Tensor() : in[kGamma];
  device::run_dense("batch_norm_apply", lane, {in[kData], mean, inverse, gamma, in[kBeta]}, {context.out[0]}, &step);
}

void backward_on_device(const OpContext& context, const ChannelView& view) {
  const auto& p = context.as<BatchNormParam>();
  const auto &in = context.in, &out = context.out;
  const DType lane = compute_dtype(in[1].dtype);
  const BatchNormStep step{view, p.eps, p.momentum, context.is_train && !p.use_global_stats};
  const Tensor gamma = p.fix_gamma ? Tensor() : in[2], dgamma = p.fix_gamma ? Tensor() : out[1];
  Tensor middle{nullptr, {view.channels}, lane}, slope = middle;
  if (step.of_batch && context.wants(0))
    middle.data = context.workspace(middle.bytes()), slope.data = context.workspace(slope.bytes());
  if (middle.data || dgamma.data || out[2].data)
    device::run_dense("batch_norm_backward_sums", lane, {in[0], in[1], in[3], in[4]}, {dgamma, out[2], middle, slope},
                      &step);
  if (context.wants(0))
    device::run_dense("batch_norm_backward", lane, {in[0], in[1], in[3], in[4], gamma, middle, slope}, {out[0]}, &step);
  if (p.fix_gamma && context.wants(1)) fill_zeros(out[1]);
}

void forward(const OpContext& context) {
  const auto& p = context.as<BatchNormParam>();
  const Tensor& data = context.in[kData];
  const ChannelView v = view_of(data, p);
  const DType dtype = compute_dtype(data.dtype);
  const size_t bytes = static_cast<size_t>(v.channels) * size_of(dtype);
  if (data.size() == 0) return;
  if (device::current()) return forward_on_device(context, v);
  void* mean = context.wants(1) ? context.out[1].data : context.workspace(bytes);
  void* inverse = context.wants(2) ? context.out[2].data : context.workspace(bytes);
  const Floats x = read_floats(context, data), y = write_floats(context, context.out[0]);
  if (dtype == DType::kFloat64)
    statistics(context, v, x.data, static_cast<double*>(mean), static_cast<double*>(inverse));
  else
    statistics(context, v, x.data, static_cast<float*>(mean), static_cast<float*>(inverse));
  const void *gamma = p.fix_gamma ? nullptr : context.in[kGamma].data, *beta = context.in[kBeta].data;
  if (v.inner == 1) {
    void* scale = context.workspace(bytes);
    if (dtype == DType::kFloat64)
      make_scale<double>(v, inverse, gamma, scale);
    else
      make_scale<float>(v, inverse, gamma, scale);
    row_apply(v, dtype, x.data, mean, scale, beta, y.data);
  } else {
    run_channels("BatchNorm", v, dtype, {x.data, mean, inverse, gamma, beta}, {y.data});
  }
  y.finish();
}

// (head, data, gamma, mean, inverse deviation) -> gradients of data, gamma, beta
void backward(const OpContext& context) {
  const auto& p = context.as<BatchNormParam>();
  const auto &in = context.in, &out = context.out;
  const ChannelView v = view_of(in[1], p);
  if (in[1].size() == 0) {
    for (size_t i : {1, 2})
      if (context.wants(i)) fill_zeros(out[i]);
    return;
  }
  if (device::current()) return backward_on_device(context, v);
  const Floats dy = read_floats(context, in[0]), x = read_floats(context, in[1]), dx = write_floats(context, out[0]);
  const bool of_batch = context.is_train && !p.use_global_stats;
  const void* gamma = p.fix_gamma ? nullptr : in[2].data;
  void* dgamma = p.fix_gamma ? nullptr : out[1].data;
  if (v.inner == 1)
    row_backward(context, v, x.dtype,
                 {dy.data, x.data, in[3].data, in[4].data, gamma, dx.data, dgamma, out[2].data, of_batch});
  else
    run_channels("_backward_BatchNorm", v, x.dtype, {dy.data, x.data, in[3].data, in[4].data, gamma},
                 {dx.data, dgamma, out[2].data}, of_batch);
  if (p.fix_gamma && context.wants(1)) fill_zeros(out[1]);
  if (dx) dx.finish();
}

}  // namespace

MX_OPERATOR(BatchNorm) {
  op.describe(R"(Normalizes every channel to mean 0 and variance 1, then scales by gamma and adds beta.

In training the mean and the (biased) variance are those of the batch, and the moving averages follow them; otherwise the moving
averages take their place. For half types gamma, beta and the averages are float32.)")
      .input("data", "Any shape with the axis of channels.")
      .input("gamma", "The scale, (channels,).")
      .input("beta", "The shift, (channels,).")
      .input("moving_mean", "Moving average of the mean, (channels,).")
      .input("moving_var", "Moving average of the variance, (channels,).")
      .output("output", "The shape of data.")
      .output("mean", "What was subtracted, (channels,).")
      .output("var", "What was multiplied by: one over the deviation, (channels,).")
      .visible_outputs([](const void* p) { return static_cast<const BatchNormParam*>(p)->output_mean_var ? 3 : 1; })
      .params<BatchNormParam>()
      .alias("_npx_batch_norm")
      .mutates({kMovingMean, kMovingVar})
      .input_attr("moving_mean", "__init__", "[\"zero\", {}]")
      .input_attr("moving_var", "__init__", "[\"one\", {}]")
      .infer_shape(infer_shape)
      .infer_dtype(infer_dtype)
      .inplace(0, 0)
      .channels_last({0}, {0}, first_channels)
      .uses_train_mode()
      .portable_forward(forward)
      .gradient([](GradientContext& g) {
        const auto gradients =
            g.call_same("_backward_BatchNorm", {g.head(), g.input(kData), g.input(kGamma), g.output(1), g.output(2)});
        for (size_t i = 0; i < gradients.size(); ++i)
          if (g.wants(i)) g.set(i, gradients[i]);
      })
      .amp(Amp::kAny);
}

MX_OPERATOR(_backward_BatchNorm) {
  op.describe("Gradients of BatchNorm.")
      .input("head", "Gradient of the output.")
      .input("data", "The input of BatchNorm.")
      .input("gamma", "Its scale.")
      .input("mean", "What it subtracted.")
      .input("var", "One over the deviation.")
      .output("data")
      .output("gamma")
      .output("beta")
      .params<BatchNormParam>()
      .infer_shape([](const InferShape& s) { s.same(1, 0), s.same(2, 1), s.same(2, 2); })
      .infer_dtype([](const InferDType& d) {
        if (d.in[1] == DType::kUnknown) return;
        d.set_output(0, d.in[1]);
        for (size_t i : {1, 2}) d.set_output(i, compute_dtype(d.in[1]));
      })
      .inplace(0, 0)
      .channels_last({0, 1}, {0}, first_channels)
      .uses_train_mode()
      .portable_forward(backward);
}

}  // namespace mx
