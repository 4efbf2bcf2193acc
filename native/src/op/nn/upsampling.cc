#include "mx/attrs.h"
#include "mx/op.h"

#if defined(MX_ISA)
namespace mx::MX_ISA {

// n rows of one plane, every element repeated in both directions. extra: width, scale. mode 1: added to the output.
struct Upsample {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const int64_t width = args.extra[0], scale = args.extra[1];
    const T* x = static_cast<const T*>(in[0]);
    T* y = static_cast<T*>(out[0]);
    for (int64_t r = 0; r < n * scale; ++r, y += width * scale) {
      const T* row = x + r / scale * width;
      for (int64_t i = 0; i < width; ++i)
        for (int64_t k = 0; k < scale; ++k) y[i * scale + k] = args.mode ? y[i * scale + k] + row[i] : row[i];
    }
  }
};

// The sums over what Upsample repeated.
struct UpsampleBackward {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const int64_t width = args.extra[0], scale = args.extra[1];
    const T* dy = static_cast<const T*>(in[0]);
    T* dx = static_cast<T*>(out[0]);
    for (int64_t r = 0; r < n; ++r, dx += width) {
      for (int64_t i = 0; i < width; ++i) dx[i] = 0;
      for (int64_t j = 0; j < scale; ++j, dy += width * scale)
        for (int64_t i = 0; i < width; ++i)
          for (int64_t k = 0; k < scale; ++k) dx[i] += dy[i * scale + k];
    }
  }
};

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(upsample, Upsample, float, double)
MX_KERNELS(upsample_backward, UpsampleBackward, float, double)

#if defined(MX_PASS_HOST)
#include <algorithm>

#include "device/scope.h"
#include "engine/threads.h"
#include "mx/op/reduce.h"
#include "mx/op/strided.h"
#include "op/nn/floats.h"

namespace mx {
namespace {

struct UpSamplingParam {
  int32_t scale = 0, num_filter = 0;
  enum Type : int32_t { kBilinear, kNearest } sample_type = kNearest;
  enum Mode : int32_t { kConcat, kSum } multi_input_mode = kConcat;
  int32_t num_args = 1;
  int64_t workspace = 512;
  static void fields(auto& f) {
    using P = UpSamplingParam;
    f.add("scale", &P::scale, "How much higher and wider the output is than the first input.").required().range(1);
    f.add("num_filter", &P::num_filter, "Channels of data; only for 'bilinear'.").range(0);
    f.add("sample_type", &P::sample_type,
          "'nearest' repeats every element; 'bilinear' is a Deconvolution of every channel with learned weights.")
        .required()
        .names({"bilinear", "nearest"});
    f.add("multi_input_mode", &P::multi_input_mode,
          "What 'nearest' does with several inputs: join them along axis 1, or add them up.")
        .names({"concat", "sum"});
    f.add("num_args", &P::num_args, "Number of inputs.").required().range(1);
    f.add("workspace", &P::workspace, "No effect.").range(0);
  }
};
using P = UpSamplingParam;

int count_inputs(const void* params) {
  const auto& p = *static_cast<const P*>(params);
  return p.sample_type == P::kBilinear ? 2 : p.num_args;
}

// How often an input is repeated in both directions.
int64_t scale_of(const Shape& in, const Shape& out) {
  const int64_t scale = in[2] > 0 ? out[2] / in[2] : 0;
  MX_CHECK(scale > 0 && in[2] * scale == out[2] && in[3] * scale == out[3], kValue, "[UpSampling] data of shape ", in,
           " cannot be repeated to (height, width) = (", out[2], ", ", out[3], ")");
  return scale;
}

Shape output_shape(const P& p, std::span<const Shape> in) {
  Shape out = in[0];
  for (const Shape& data : in) {
    if (!data.known()) return {};
    MX_CHECK(data.ndim == 4, kValue, "[UpSampling] data must be (batch, channels, height, width), but has shape ",
             data);
  }
  out[2] *= p.scale, out[3] *= p.scale;
  for (size_t i = 1; i < in.size(); ++i) {
    MX_CHECK(in[i][0] == out[0] && (p.multi_input_mode == P::kConcat || in[i][1] == out[1]), kValue,
             "[UpSampling] inputs of shapes ", in[0], " and ", in[i], " do not fit together");
    if (p.multi_input_mode == P::kConcat) out[1] += in[i][1];
  }
  for (const Shape& data : in) scale_of(data, out);
  return out;
}

// Calls fn(input, its plane, plane of the output) for every plane of the inputs; planes of one output stay in a task.
template <class Fn>
void each_plane(const P& p, std::span<const Tensor> in, const Shape& out, Fn fn) {
  for (size_t i = 0, first = 0; i < in.size(); ++i) {
    const int64_t channels = in[i].shape[1];
    const int64_t grain = std::max<int64_t>(1, (1 << 14) / std::max<int64_t>(1, out[2] * out[3]));
    engine::parallel_for(out[0] * channels, grain, [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane)
        fn(i, plane, plane / channels * out[1] + plane % channels + static_cast<int64_t>(first));
    });
    if (p.multi_input_mode == P::kConcat) first += static_cast<size_t>(channels);
  }
}

// On a device: the axes (sample and channel, height, repeat, width, repeat).
Shape repeated(const Shape& data, int64_t scale, bool one) {
  return {data[0] * data[1], data[2], one ? 1 : scale, data[3], one ? 1 : scale};
}

void device_forward(const OpContext& context) {
  const Tensor& out = context.out[0];
  const int64_t plane = out.shape[2] * out.shape[3];
  int64_t first = 0;
  for (const Tensor& data : context.in) {
    const Shape& s = data.shape;
    const int64_t scale = scale_of(s, out.shape);
    if (context.as<P>().multi_input_mode == P::kSum && first > 0) {
      const Shape shape = repeated(s, scale, false);
      const Tensor sum{out.data, shape, out.dtype}, in[] = {sum, {data.data, repeated(s, scale, true), data.dtype}};
      run_elementwise(get_kernel("add"), in, {&sum, 1});
      continue;
    }
    StridedCopy copy;
    copy.axis(s[0], s[1] * s[2] * s[3], out.shape[1] * plane);
    copy.axis(s[1], s[2] * s[3], plane);
    copy.axis(s[2], s[3], scale * out.shape[3]);
    copy.axis(scale, 0, out.shape[3]);
    copy.axis(s[3], 1, scale);
    copy.axis(scale, 0, 1);
    copy.run(data.data, element_at(out, first * plane), size_of(out.dtype));
    first += s[1];
  }
}

void device_backward(const OpContext& context) {
  const Tensor& head = context.in[0];
  const bool concat = context.as<P>().multi_input_mode == P::kConcat;
  const int64_t plane = head.shape[2] * head.shape[3];
  int64_t first = 0;
  for (const Tensor& gradient : context.out) {
    const Shape& s = gradient.shape;
    const int64_t scale = scale_of(s, head.shape);
    Tensor part{head.data, repeated(s, scale, false), head.dtype};
    if (gradient.data && s[1] != head.shape[1]) {  // its channels of every sample
      part.data = context.workspace(part.bytes());
      StridedCopy copy;
      copy.axis(s[0], head.shape[1] * plane, s[1] * plane);
      copy.axis(s[1] * plane, 1, 1);
      copy.run(element_at(head, first * plane), part.data, size_of(head.dtype));
    }
    if (gradient.data) run_reduce(context, get_kernel("sum"), part, gradient, 1u << 2 | 1u << 4);
    if (concat) first += s[1];
  }
}

void forward(const OpContext& context) {
  const auto& p = context.as<P>();
  const Shape& shape = context.out[0].shape;
  if (context.out[0].size() == 0) return;
  if (device::current()) return device_forward(context);
  std::vector<Floats> x;
  for (const Tensor& data : context.in) x.push_back(read_floats(context, data));
  const Floats y = write_floats(context, context.out[0]);
  const Loop loop = find_loop("upsample", y.dtype);
  const auto size = static_cast<int64_t>(size_of(y.dtype));
  each_plane(p, context.in, shape, [&](size_t i, int64_t from, int64_t to) {
    const Shape& data = context.in[i].shape;
    const int64_t extra[] = {data[3], scale_of(data, shape)};
    const void* in[] = {x[i].data + from * data[2] * data[3] * size};
    void* out[] = {y.data + to * shape[2] * shape[3] * size};
    loop(out, in, data[2], {.mode = i > 0 && p.multi_input_mode == P::kSum, .extra = extra});
  });
  y.finish();
}

// (head, data...) -> gradients of data
void backward(const OpContext& context) {
  const auto& p = context.as<P>();
  const Shape& shape = context.in[0].shape;
  if (context.in[0].size() == 0) return;
  if (device::current()) return device_backward(context);
  const Floats dy = read_floats(context, context.in[0]);
  std::vector<Floats> dx;
  for (const Tensor& out : context.out) dx.push_back(write_floats(context, out));
  const Loop loop = find_loop("upsample_backward", dy.dtype);
  const auto size = static_cast<int64_t>(size_of(dy.dtype));
  each_plane(p, context.out, shape, [&](size_t i, int64_t to, int64_t from) {
    if (!dx[i]) return;
    const Shape& data = context.out[i].shape;
    const int64_t extra[] = {data[3], scale_of(data, shape)};
    const void* in[] = {dy.data + from * shape[2] * shape[3] * size};
    void* out[] = {dx[i].data + to * data[2] * data[3] * size};
    loop(out, in, data[2], {.extra = extra});
  });
  for (const Floats& gradient : dx)
    if (gradient) gradient.finish();
}

void compose(ComposeContext& c) {
  const auto& p = c.as<P>();
  if (p.sample_type == P::kNearest) {
    c.out = c.builder.call_all("_upsample_nearest", c.in, p);
    return;
  }
  MX_CHECK(p.num_filter > 0, kValue, "[UpSampling] 'bilinear' needs num_filter, the channels of data");
  const std::string scale = std::to_string(p.scale), kernel = std::to_string(2 * p.scale - p.scale % 2),
                    pad = std::to_string(p.scale / 2), filters = std::to_string(p.num_filter);
  const OpDef& deconvolution = get_op("Deconvolution");
  const AttrMap attrs = {{"kernel", "(" + kernel + ", " + kernel + ")"},
                         {"stride", "(" + scale + ", " + scale + ")"},
                         {"pad", "(" + pad + ", " + pad + ")"},
                         {"num_filter", filters},
                         {"num_group", filters},
                         {"no_bias", "True"}};
  c.out = c.builder.invoke(deconvolution, c.in, Params::parse(deconvolution.param_struct(), attrs, deconvolution.name));
}

}  // namespace

MX_OPERATOR(UpSampling) {
  op.describe(
        "Enlarges images. Inputs after the first are enlarged to the same height and width; 'bilinear' takes data and "
        "weights of shape (channels, 1, k, k), k = 2 scale - scale mod 2.")
      .variadic("data", "num_args", "Images, (batch, channels, height, width).")
      .output("output", "(batch, channels, scale height, scale width); the channels of all inputs with 'concat'.")
      .params<P>()
      .num_inputs(count_inputs)
      .input_attr("weight", "__init__", "[\"bilinear\", {}]")
      .compose(compose);
}

MX_OPERATOR(_upsample_nearest) {
  op.describe("UpSampling of the nearest element.")
      .hidden()
      .variadic("arg", "num_args", "Images, (batch, channels, height, width).")
      .params<P>()
      .infer_shape([](const InferShape& s) {
        const Shape out = output_shape(s.as<P>(), s.in);
        if (out.rank_known()) s.set_output(0, out);
      })
      .portable_forward(forward)
      .gradient([](GradientContext& g) {
        std::vector<Value> inputs = {g.head()};
        for (size_t i = 0; i < g.num_inputs(); ++i) inputs.push_back(g.input(i));
        const auto gradients = g.builder().invoke(Builder::find("_backward_upsample_nearest"), inputs, g.params());
        for (size_t i = 0; i < gradients.size(); ++i)
          if (g.wants(i)) g.set(i, gradients[i]);
      });
}

MX_OPERATOR(_backward_upsample_nearest) {
  op.describe("Gradients of UpSampling of the nearest element.")
      .input("head", "Gradient of the output.")
      .variadic("data", "num_args", "The inputs; only their shapes matter.")
      .params<P>()
      .num_outputs(count_inputs)
      .infer_shape([](const InferShape& s) {
        for (size_t i = 0; i < s.out.size(); ++i) s.same(i + 1, i);
      })
      .portable_forward(backward)
      .gradient([](GradientContext& g) {  // it is linear
        if (!g.wants(0)) return;
        std::vector<Value> heads;
        for (size_t i = 0; i < g.num_outputs(); ++i) heads.push_back(g.head(i));
        g.set(0, g.builder().invoke(Builder::find("_upsample_nearest"), heads, g.params()).at(0));
      });
}

}  // namespace mx
#endif
