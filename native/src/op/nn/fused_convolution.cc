#include "op/nn/fused_convolution.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/threads.h"
#include "mx/op.h"
#include "op/nn/floats.h"

namespace mx {
namespace {

using P = FusedConvolutionParam;

// What BatchNorm does to each channel: y = x * scale + shift.
void channel_map(const OpContext& context, const P& p, float* scale, float* shift, int64_t channels) {
  const auto at = [&](size_t k) { return context.in[p.gamma() + k].as<float>(); };
  const float *gamma = at(0), *beta = at(1), *mean = at(2), *variance = at(3);
  for (int64_t c = 0; c < channels; ++c) {
    const double factor = (p.batch_norm->fix_gamma ? 1.0 : static_cast<double>(gamma[c])) /
                          std::sqrt(static_cast<double>(variance[c]) + p.batch_norm->eps);
    scale[c] = static_cast<float>(factor);
    shift[c] = static_cast<float>(static_cast<double>(beta[c]) - static_cast<double>(mean[c]) * factor);
  }
}

void fold(const OpContext& context, const P& p, float* weight, float* bias) {
  const Tensor& given = context.in[p.weight()];
  const int64_t channels = p.convolution.num_filter;
  if (p.convolution.no_bias) {
    std::fill_n(bias, channels, 0.0f);
  } else {
    const Floats from = read_floats(context, context.in[p.bias()]);
    std::memcpy(bias, from.data, static_cast<size_t>(channels) * sizeof(float));
  }
  if (!p.batch_norm) return;
  auto* scale = static_cast<float*>(context.workspace(static_cast<size_t>(2 * channels) * sizeof(float)));
  float* shift = scale + channels;
  channel_map(context, p, scale, shift, channels);
  for (int64_t c = 0; c < channels; ++c) bias[c] = bias[c] * scale[c] + shift[c];
  const Floats from = read_floats(context, given);
  const int64_t filter = given.size() / channels;
  engine::parallel_for(channels, std::max<int64_t>(1, (1 << 15) / std::max<int64_t>(1, filter)),
                       [&](int64_t begin, int64_t end) {
                         for (int64_t c = begin; c < end; ++c)
                           for (int64_t i = c * filter; i < (c + 1) * filter; ++i)
                             weight[i] = from.as<float>()[i] * scale[c];
                       });
}

void forward(const OpContext& context) {
  const auto& p = context.as<P>();
  const Tensor &data = context.in[0], &weight = context.in[p.weight()], &out = context.out[0];
  if (p.add && context.in[1].data != out.data && out.bytes()) std::memcpy(out.data, context.in[1].data, out.bytes());
  size_t sources[6];
  size_t count = 0;
  for (size_t i = p.weight(); i < context.in.size(); ++i) sources[count++] = i;
  const Convolve c = {Window(context.op, p.convolution.kernel, p.convolution.stride, p.convolution.dilate,
                             p.convolution.pad, p.convolution.layout),
                      p.convolution.num_group,
                      data.shape,
                      weight.shape,
                      out.shape,
                      data.dtype,
                      data.format,
                      out.format};
  convolve_fused(context, c,
                 {.add = p.add,
                  .activation = p.activation,
                  .sources = {sources, count},
                  .fold = [&](float* w, float* b) { fold(context, p, w, b); },
                  .scales = p.batch_norm.has_value()},
                 weight, data.data, out.data);
}

void infer_shape(const InferShape& s) {
  const auto& c = s.as<P>().convolution;
  if (!s.in[0].rank_known()) return;
  const Window w(s.op, c.kernel, c.stride, c.dilate, c.pad, c.layout);
  s.set_output(0, convolved_shape(s.op, w, s.in[0], c.num_filter));
}

bool channels_first(const void* params, const Shape&) {
  const auto& layout = static_cast<const P*>(params)->convolution.layout;
  return !layout || !channels_last(*layout);
}

OpDef& fused(OpDef& op) {
  return op.hidden()
      .input("weight", "The filters.")
      .optional_input("bias", "Of the convolution.")
      .optional_input("gamma", "Of the normalization, and so on.")
      .optional_input("beta", "Its shift.")
      .optional_input("moving_mean", "Its mean.")
      .optional_input("moving_var", "Its variance.")
      .output("output", "The result of the last part.")
      .params<P>()
      .num_inputs([](const void* p) { return static_cast<const P*>(p)->num_inputs(); })
      .infer_shape(infer_shape)
      .infer_dtype([](const InferDType& d) { d.set_output(0, d.in[0]); })
      .prefers_channels_last()
      .forward(forward);
}

}  // namespace

MX_OPERATOR(_fused_convolution) {
  fused(op.input("data", "The images."))
      .channels_last({0}, {0}, channels_first)
      .describe("Convolution, normalization by moving averages, and activation in one pass.");
}
MX_OPERATOR(_fused_convolution_add) {
  fused(op.input("data", "The images.").input("addend", "Added before the activation."))
      .channels_last({0, 1}, {0}, channels_first)
      .inplace(1, 0)
      .describe("Convolution, normalization by moving averages, addition and activation in one pass.");
}

}  // namespace mx
