#include "mx/op.h"
#include "op/matrix/bilinear.h"
#include "op/nn/convolution_param.h"

namespace mx {
namespace {

int count_inputs(const void* params) { return static_cast<const ConvolutionParam*>(params)->no_bias ? 2 : 3; }

// `data`, `weight` and `out` are arguments' indices; bias is not among them.
void infer_weight(const InferShape& s, const Window& w, const Shape& data, size_t weight) {
  const auto& p = s.as<ConvolutionParam>();
  MX_CHECK(p.num_filter % p.num_group == 0, kValue, "[", s.op.name, "] num_filter ", p.num_filter,
           " must be a multiple of num_group ", p.num_group);
  int64_t channels = -1;
  if (data.rank_known()) {
    w.check_rank(s.op, data);
    channels = data[w.channel_axis()];
    MX_CHECK(channels != 0, kValue, "[", s.op.name, "] data of shape ", data, " has no channels to convolve");
    MX_CHECK(channels < 0 || channels % p.num_group == 0, kValue, "[", s.op.name, "] the ", channels,
             " channels of data ", data, " must be a multiple of num_group ", p.num_group);
  }
  s.set_input(weight, kernel_shape(w, p.num_filter, channels < 0 ? -1 : channels / p.num_group));
}

void infer_shape(const InferShape& s) {
  const auto& p = s.as<ConvolutionParam>();
  const Window w = p.window(s.op);
  if (!p.no_bias) s.set_input(2, {p.num_filter});
  infer_weight(s, w, s.in[0], 1);
  if (!s.in[0].rank_known()) return;
  s.set_output(0, convolved_shape(s.op, w, s.in[0], p.num_filter));
  Shape back = s.in[0];
  back[0] = s.out[0][0];
  for (int i = 0; i < w.rank; ++i) {
    const int64_t out = s.out[0][w.spatial_axis(i)];
    if (w.stride[i] == 1 && out >= 0) back[w.spatial_axis(i)] = out + w.extent(i) - 1 - 2 * w.pad[i];
  }
  const int64_t channels = s.in[1][w.channel_axis()];
  if (channels >= 0) back[w.channel_axis()] = channels * p.num_group;
  s.set_input(0, back);
}

Convolve convolve_of(const OpContext& context, const Tensor& data, const Tensor& weight, const Tensor& out) {
  const auto& p = context.as<ConvolutionParam>();
  return {p.window(context.op), p.num_group, data.shape, weight.shape, out.shape, data.dtype, data.format, out.format};
}

bool channels_first(const void* params, const Shape&) {
  const auto& layout = static_cast<const ConvolutionParam*>(params)->layout;
  return !layout || !channels_last(*layout);
}

void forward(const OpContext& context) {
  const auto &in = context.in, &out = context.out;
  const Convolve c = convolve_of(context, in[0], in[1], out[0]);
  const bool with_bias = !context.as<ConvolutionParam>().no_bias;
  convolve(context, c, in[0].data, in[1].data, with_bias ? in[2].data : nullptr, out[0].data);
}

// (head, data, weight) -> gradients of data, weight [, bias]
void backward(const OpContext& context) {
  const auto &in = context.in, &out = context.out;
  const Convolve c = convolve_of(context, in[1], in[2], in[0]);
  const bool bias = !context.as<ConvolutionParam>().no_bias && context.wants(2);
  if (context.wants(0)) convolve_data(context, c, in[0].data, in[2].data, out[0].data);
  if (!context.wants(1) && !bias) return;
  void* weight = context.wants(1) ? out[1].data : context.workspace(in[2].bytes());
  convolve_weight(context, c, in[1].data, in[0].data, weight, bias ? out[2].data : nullptr);
}

void gradient(GradientContext& g) {
  const auto gradients = g.call_same("_backward_Convolution", {g.head(), g.input(0), g.input(1)});
  for (size_t i = 0; i < gradients.size(); ++i)
    if (g.wants(i)) g.set(i, gradients[i]);
}

void second_gradient(GradientContext& g) {
  bilinear_second_gradient(g, "_backward_Convolution", [&](const Value& data, const Value& weight, const Value& bias) {
    auto p = g.as<ConvolutionParam>();
    p.no_bias = !bias;
    return bias ? g.call("Convolution", {data, weight, bias}, p) : g.call("Convolution", {data, weight}, p);
  });
}

}  // namespace

MX_OPERATOR(Convolution) {
  op.describe(R"(Convolves data with num_filter filters, over one, two or three spatial axes.

In layout NCHW data is (n, c, h, w), weight (num_filter, c / num_group, kernel[0], kernel[1]) and the output (n, num_filter, H, W) with
``H = (h + 2 pad - dilate (kernel - 1) - 1) // stride + 1``. In the layouts with channels last weight is (num_filter, kernel..., c /
num_group).)")
      .input("data", "The images.")
      .input("weight", "The filters.")
      .optional_input("bias", "Added to each output channel, (num_filter,); absent with no_bias.")
      .output("output", "One channel for each filter.")
      .params<ConvolutionParam>()
      .alias("_npx_convolution")
      .num_inputs(count_inputs)
      .infer_shape(infer_shape)
      .channels_last({0}, {0}, channels_first)
      .prefers_channels_last()
      .portable_forward(forward)
      .gradient(gradient)
      .amp(Amp::kHalf);
}

MX_OPERATOR(_backward_Convolution) {
  op.describe("Gradients of Convolution.")
      .input("head", "Gradient of the output.")
      .input("data", "The images.")
      .input("weight", "The filters.")
      .output("data")
      .output("weight")
      .output("bias")
      .params<ConvolutionParam>()
      .num_outputs(count_inputs)
      .infer_shape([](const InferShape& s) {
        const auto& p = s.as<ConvolutionParam>();
        s.same(1, 0);
        infer_weight(s, p.window(s.op), s.in[1], 2);
        s.same(2, 1);
        if (!p.no_bias) s.set_output(2, {p.num_filter});
      })
      .channels_last({0, 1}, {0}, channels_first)
      .prefers_channels_last()
      .portable_forward(backward)
      .gradient(second_gradient);
}

}  // namespace mx
