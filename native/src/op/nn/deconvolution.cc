#include "mx/op.h"
#include "op/nn/batch_norm.h"

#if defined(MX_ISA)
namespace mx::MX_ISA {

// One bias for each of n channels; extra: the first. params: ChannelView.
struct AddBias {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const auto& v = *static_cast<const ChannelView*>(args.params);
    const int64_t first = args.extra[0];
    const T* bias = static_cast<const T*>(in[0]);
    T* y = static_cast<T*>(out[0]);
    for (int64_t o = 0; o < v.outer; ++o)
      for (int64_t c = first; c < first + n; ++c)
        for (int64_t i = 0; i < v.inner; ++i) y[(o * v.channels + c) * v.inner + i] += bias[c];
  }
};
struct SumBias {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const auto& v = *static_cast<const ChannelView*>(args.params);
    const int64_t first = args.extra[0];
    const T* dy = static_cast<const T*>(in[0]);
    T* bias = static_cast<T*>(out[0]);
    for (int64_t c = first; c < first + n; ++c) {
      double sum = 0;
      for (int64_t o = 0; o < v.outer; ++o)
        for (int64_t i = 0; i < v.inner; ++i) sum += double(dy[(o * v.channels + c) * v.inner + i]);
      bias[c] = T(sum);
    }
  }
};

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(add_bias, AddBias, float, double)
MX_KERNELS(sum_bias, SumBias, float, double)

#if defined(MX_PASS_HOST)
#include <algorithm>

#include "device/convolve.h"
#include "device/scope.h"
#include "engine/threads.h"
#include "op/matrix/bilinear.h"
#include "op/nn/convolution_param.h"
#include "op/nn/floats.h"

namespace mx {
namespace {

struct DeconvolutionParam : FilterParam {
  Shape kernel, stride = Shape::scalar(), dilate = Shape::scalar(), pad = Shape::scalar(), adj = Shape::scalar(),
                target_shape = Shape::scalar();
  DeconvolutionParam() { workspace = 512, no_bias = true; }
  static void fields(auto& f) {
    using P = DeconvolutionParam;
    f.add("kernel", &P::kernel, "Size of the window: (w,), (h, w) or (d, h, w).").required();
    f.add("stride", &P::stride, "Steps of the window in the output; 1 by default.");
    f.add("dilate", &P::dilate, "Distance of the elements under the window; 1 by default.");
    f.add("pad", &P::pad, "What is cut off both sides of the output; nothing by default.");
    f.add("adj", &P::adj, "What is added to the size of the output, less than stride.");
    f.add("target_shape", &P::target_shape, "Spatial size of the output; sets pad and adj.");
    filter_fields<P>(f);
  }
};

int count_inputs(const void* params) { return static_cast<const DeconvolutionParam*>(params)->no_bias ? 2 : 3; }

// The window, with the pads that target_shape asks for, and the output that it gives. Sizes that are not known stay so.
struct Plan {
  Window window;
  Shape out;
  Plan(const OpDef& op, const DeconvolutionParam& p, const Shape& data)
      : window(op, p.kernel, p.stride, p.dilate, p.pad, p.layout), out(data) {
    window.check_rank(op, data);
    MX_CHECK(p.adj.ndim <= 0 || p.adj.ndim == window.rank, kValue, "[", op.name, "] adj ", p.adj,
             " must have as many values as kernel ", p.kernel);
    const bool target = std::any_of(p.target_shape.begin(), p.target_shape.end(), [](int64_t n) { return n != 0; });
    MX_CHECK(!target || p.target_shape.ndim == window.rank, kValue, "[", op.name, "] target_shape ", p.target_shape,
             " must have as many values as kernel ", p.kernel);
    out[window.channel_axis()] = p.num_filter;
    for (int i = 0; i < window.rank; ++i) {
      int64_t& size = out[window.spatial_axis(i)];
      if (size < 0) continue;
      const int64_t full = window.stride[i] * (size - 1) + window.extent(i);
      if (target) {
        const int64_t cut = full - p.target_shape[i];
        MX_CHECK(cut >= 0, kValue, "[", op.name, "] target_shape ", p.target_shape, " is larger than the ", full,
                 " elements that data of shape ", data, " gives");
        window.pad[i] = (cut + 1) / 2;
        size = p.target_shape[i];
      } else {
        const int64_t adj = p.adj.ndim > 0 ? p.adj[i] : 0;
        MX_CHECK(adj >= 0 && adj < window.stride[i], kValue, "[", op.name, "] adj ", p.adj,
                 " must be less than stride");
        size = full - 2 * window.pad[i] + adj;
        MX_CHECK(size > 0, kValue, "[", op.name, "] pad ", p.pad, " leaves nothing of the output of data ", data);
      }
    }
  }
};

void infer_weight(const InferShape& s, const Shape& data, size_t weight) {
  const auto& p = s.as<DeconvolutionParam>();
  MX_CHECK(p.num_filter % p.num_group == 0, kValue, "[", s.op.name, "] num_filter ", p.num_filter,
           " must be a multiple of num_group ", p.num_group);
  const Window w(s.op, p.kernel, p.stride, p.dilate, p.pad, p.layout);
  if (data.rank_known()) w.check_rank(s.op, data);
  const int64_t channels = data.rank_known() ? data[w.channel_axis()] : -1;
  MX_CHECK(channels < 0 || channels % p.num_group == 0, kValue, "[", s.op.name, "] the ", channels,
           " channels of data ", data, " must be a multiple of num_group ", p.num_group);
  s.set_input(weight, kernel_shape(w, channels, p.num_filter / p.num_group));
}

void infer_shape(const InferShape& s) {
  const auto& p = s.as<DeconvolutionParam>();
  if (!p.no_bias) s.set_input(2, {p.num_filter});
  infer_weight(s, s.in[0], 1);
  if (!s.in[0].rank_known()) return;
  s.set_output(0, Plan(s.op, p, s.in[0]).out);
  Shape back = s.in[0];
  back[0] = s.out[0][0];
  s.set_input(0, back);
}

// The convolution whose transpose this is: from the output to the data.
Convolve convolve_of(const OpContext& context, const Tensor& data, const Tensor& weight, const Tensor& out) {
  const auto& p = context.as<DeconvolutionParam>();
  return {Plan(context.op, p, data.shape).window,
          p.num_group,
          out.shape,
          weight.shape,
          data.shape,
          data.dtype,
          out.format,
          data.format};
}

bool channels_first(const void* params, const Shape&) {
  const auto& layout = static_cast<const DeconvolutionParam*>(params)->layout;
  return !layout || !channels_last(*layout);
}

ChannelView view_of(const Convolve& c) {
  const int axis = c.window.channel_axis();
  if (c.data_format == Format::kChannelsLast) return {c.data.size() / c.data[axis], c.data[axis], 1};
  return {c.data.size(0, axis), c.data[axis], c.data.size(axis + 1, c.data.ndim)};
}

void run_loop(const char* name, const ChannelView& v, DType dtype, const void* in, void* out) {
  const Loop loop = find_loop(name, dtype);
  engine::parallel_for(
      v.channels, std::max<int64_t>(16, (1 << 15) / (v.outer * v.inner + 1)),
      [&](int64_t begin, int64_t end) { loop(&out, &in, end - begin, {.params = &v, .extra = &begin}); });
}

void forward(const OpContext& context) {
  const auto &in = context.in, &out = context.out;
  const Convolve c = convolve_of(context, in[0], in[1], out[0]);
  convolve_data(context, c, in[0].data, in[1].data, out[0].data);
  if (context.as<DeconvolutionParam>().no_bias) return;
  if (device::current()) return device::add_bias(view_of(c), c.dtype, out[0].data, in[2].data);
  const Floats bias = read_floats(context, in[2]), y = read_floats(context, out[0]);
  run_loop("add_bias", view_of(c), y.dtype, bias.data, y.data);
  y.finish();
}

// (head, data, weight) -> gradients of data, weight [, bias]
void backward(const OpContext& context) {
  const auto &in = context.in, &out = context.out;
  const Convolve c = convolve_of(context, in[1], in[2], in[0]);
  if (context.wants(0)) convolve(context, c, in[0].data, in[2].data, nullptr, out[0].data);
  if (context.wants(1)) convolve_weight(context, c, in[0].data, in[1].data, out[1].data, nullptr);
  if (context.as<DeconvolutionParam>().no_bias || !context.wants(2)) return;
  if (device::current()) return device::sum_bias(view_of(c), c.dtype, in[0].data, out[2].data);
  const Floats head = read_floats(context, in[0]), bias = write_floats(context, out[2]);
  run_loop("sum_bias", view_of(c), head.dtype, head.data, bias.data);
  bias.finish();
}

}  // namespace

MX_OPERATOR(Deconvolution) {
  op.describe(R"(The transpose of Convolution: every element of data adds a multiple of the filters to the output.

In layout NCHW data is (n, c, h, w), weight (c, num_filter / num_group, kernel[0], kernel[1]) and the output (n, num_filter, H, W) with
``H = stride (h - 1) + dilate (kernel - 1) + 1 - 2 pad + adj``.)")
      .input("data", "The images.")
      .input("weight", "The filters.")
      .optional_input("bias", "Added to each output channel, (num_filter,); absent with no_bias.")
      .output("output", "num_filter channels.")
      .params<DeconvolutionParam>()
      .alias("_npx_deconvolution")
      .num_inputs(count_inputs)
      .infer_shape(infer_shape)
      .channels_last({0}, {0}, channels_first)
      .prefers_channels_last()
      .portable_forward(forward)
      .gradient([](GradientContext& g) {
        const auto gradients = g.call_same("_backward_Deconvolution", {g.head(), g.input(0), g.input(1)});
        for (size_t i = 0; i < gradients.size(); ++i)
          if (g.wants(i)) g.set(i, gradients[i]);
      })
      .amp(Amp::kHalf);
}

MX_OPERATOR(_backward_Deconvolution) {
  op.describe("Gradients of Deconvolution.")
      .input("head", "Gradient of the output.")
      .input("data", "The images.")
      .input("weight", "The filters.")
      .output("data")
      .output("weight")
      .output("bias")
      .params<DeconvolutionParam>()
      .num_outputs(count_inputs)
      .infer_shape([](const InferShape& s) {
        const auto& p = s.as<DeconvolutionParam>();
        s.same(1, 0);
        infer_weight(s, s.in[1], 2);
        s.same(2, 1);
        if (!p.no_bias) s.set_output(2, {p.num_filter});
      })
      .channels_last({0, 1}, {0}, channels_first)
      .prefers_channels_last()
      .portable_forward(backward)
      .gradient([](GradientContext& g) {
        bilinear_second_gradient(g, "_backward_Deconvolution",
                                 [&](const Value& data, const Value& weight, const Value& bias) {
                                   auto p = g.as<DeconvolutionParam>();
                                   p.no_bias = !bias;
                                   return bias ? g.call("Deconvolution", {data, weight, bias}, p)
                                               : g.call("Deconvolution", {data, weight}, p);
                                 });
      });
}

}  // namespace mx
#endif
