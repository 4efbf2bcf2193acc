#include <algorithm>
#include <cstring>

#include "device/dense.h"
#include "engine/threads.h"
#include "mx/op.h"
#include "op/nn/floats.h"
#include "op/nn/pool.h"
#include "op/nn/window.h"
#include "op/onednn/cache.h"

namespace mx {
namespace {

struct PoolingParam {
  Shape kernel = Shape::scalar();
  PoolType pool_type = PoolType::kMax;
  bool global_pool = false, cudnn_off = false;
  enum Convention : int32_t { kFull, kSame, kValid } pooling_convention = kValid;
  Shape stride = Shape::scalar(), pad = Shape::scalar();
  std::optional<int32_t> p_value;
  std::optional<bool> count_include_pad;
  std::optional<Layout> layout;
  static void fields(auto& f) {
    using P = PoolingParam;
    f.add("kernel", &P::kernel, "Size of the window: (w,), (h, w) or (d, h, w). Required unless global_pool.");
    f.add("pool_type", &P::pool_type, "What is taken from each window; lp is the norm of order p_value.")
        .names({"avg", "lp", "max", "sum"});
    f.add("global_pool", &P::global_pool,
          "Whether one window covers everything; kernel, stride and pad are ignored then.");
    f.add("cudnn_off", &P::cudnn_off, "No effect.");
    f.add(
         "pooling_convention", &P::pooling_convention,
         "Rounding of the output's size: 'valid' down, 'full' up, 'same' gives ceil(size / stride) and pads by itself.")
        .names({"full", "same", "valid"});
    f.add("stride", &P::stride, "Steps of the window; 1 by default.");
    f.add("pad", &P::pad, "Padding on both sides of each spatial axis; none by default.");
    f.add("p_value", &P::p_value, "Order of the norm for pool_type='lp': 1, 2 or 3.").range(1, 3);
    f.add("count_include_pad", &P::count_include_pad, "Whether averages count the padding; None does.");
    f.add("layout", &P::layout, "Order of the axes; None is NCW, NCHW or NCDHW.")
        .names({"NCDHW", "NCHW", "NCW", "NDHWC", "NHWC", "NWC"});
  }
};

// The window over data of a given shape; the pads of 'same' and the kernel of global pooling depend on it.
Window window_of(const OpDef& op, const PoolingParam& p, const Shape& data) {
  const Shape none = Shape::scalar();
  if (p.global_pool) {
    MX_CHECK(data.ndim >= 3 && data.ndim <= 5, kValue, "[Pooling] data of shape ", data,
             " must have 3, 4 or 5 dimensions: batch, channels and 1 to 3 spatial");
    Window w(op, Shape::filled(data.ndim - 2, 1), none, none, none, p.layout);
    for (int i = 0; i < w.rank; ++i) w.kernel[i] = data[w.spatial_axis(i)];
    return w;
  }
  MX_CHECK(p.kernel.ndim > 0, kValue, "[Pooling] kernel is required unless global_pool=True");
  Window w(op, p.kernel, p.stride, none, p.pad, p.layout);
  w.check_rank(op, data);
  for (int i = 0; p.pooling_convention == PoolingParam::kSame && i < w.rank; ++i) {
    MX_CHECK(w.pad[i] == 0, kValue, "[Pooling] pad ", p.pad, " cannot be given with pooling_convention='same'");
    const int64_t size = data[w.spatial_axis(i)], out = (size + w.stride[i] - 1) / w.stride[i];
    w.pad[i] = std::max<int64_t>(0, (out - 1) * w.stride[i] + w.kernel[i] - size) / 2;
  }
  return w;
}

Shape pooled_shape(const OpDef& op, const PoolingParam& p, const Shape& data) {
  const Window w = window_of(op, p, data);
  Shape out = data;
  for (int i = 0; i < w.rank; ++i) {
    const int64_t size = data[w.spatial_axis(i)];
    int64_t& to = out[w.spatial_axis(i)];
    if (p.global_pool) {
      to = 1;
    } else if (size < 0) {
      continue;
    } else if (p.pooling_convention == PoolingParam::kSame) {
      to = (size + w.stride[i] - 1) / w.stride[i];
    } else {
      const int64_t space = size + 2 * w.pad[i] - w.kernel[i];
      MX_CHECK(space >= 0, kValue, "[Pooling] kernel ", p.kernel, " is larger than data of shape ", data, " with pad ",
               p.pad);
      to = (p.pooling_convention == PoolingParam::kFull ? (space + w.stride[i] - 1) : space) / w.stride[i] + 1;
    }
  }
  return out;
}

void infer_shape(const InferShape& s) {
  const auto& p = s.as<PoolingParam>();
  if (!s.in[0].rank_known()) return;
  s.set_output(0, pooled_shape(s.op, p, s.in[0]));
  Shape back = s.in[0];
  const bool last = p.layout && channels_last(*p.layout);
  back[0] = s.out[0][0];
  back[last ? back.ndim - 1 : 1] = s.out[0][last ? back.ndim - 1 : 1];
  s.set_input(0, back);
}

PoolGeometry geometry_of(const PoolingParam& p, const Window& w, const Tensor& tensor, const Shape& out) {
  const Shape& data = tensor.shape;
  const bool last = w.last || tensor.format == Format::kChannelsLast;
  const bool same = p.pooling_convention == PoolingParam::kSame;
  PoolGeometry g{p.pool_type, p.p_value.value_or(0), p.count_include_pad.value_or(true) && !same, 0, 0};
  g.outer = data[0] * (last ? 1 : data[w.channel_axis()]);
  g.inner = last ? data[w.channel_axis()] : 1;
  for (int i = 0, to = 3 - w.rank; i < w.rank; ++i, ++to) {
    g.size[to] = data[w.spatial_axis(i)], g.out[to] = out[w.spatial_axis(i)];
    g.kernel[to] = w.kernel[i], g.stride[to] = w.stride[i], g.pad[to] = w.pad[i];
  }
  return g;
}

// oneDNN knows the maximum and averages, of windows that touch data; it never shortens one that hangs over the padding.
bool suits_onednn(const PoolGeometry& g, DType dtype) {
  if (dtype == DType::kFloat64 || (g.type != PoolType::kMax && g.type != PoolType::kAvg)) return false;
  for (int i = 0; i < 3; ++i) {
    const int64_t start = (g.out[i] - 1) * g.stride[i] - g.pad[i];
    if (g.pad[i] >= g.kernel[i] || start >= g.size[i]) return false;
    if (g.type == PoolType::kAvg && g.include_pad && start + g.kernel[i] > g.size[i] + g.pad[i]) return false;
  }
  return true;
}

void forward_onednn(const OpContext& context, const PoolGeometry& g) {
  using namespace onednn;
  const Tensor &data = context.in[0], &output = context.out[0];
  Key key("pooling", {.bytes = static_cast<double>(data.bytes() + output.bytes())});
  key.add(data.shape)
      .add(data.dtype)
      .add(output.shape)
      .add(static_cast<int64_t>(g.type))
      .add(g.include_pad)
      .add(g.outer)
      .add(g.inner);
  key.add(g.kernel, 3).add(g.stride, 3).add(g.pad, 3);
  auto call = prepare(context, key, [&]() -> Call {
    const bool last = g.inner > 1;
    const int first = g.size[0] == 1 && data.shape.ndim < 5 ? (data.shape.ndim < 4 ? 2 : 1) : 0;
    dnnl::memory::dims stride, kernel, dilate, left, right;
    auto describe = [&](const int64_t* size, Type type) {
      const int64_t space = size[0] * size[1] * size[2], channels = g.inner > 1 ? g.inner : g.outer;
      const int64_t batch = last ? g.outer : 1;
      dnnl::memory::dims dims = {batch, channels}, strides = {space * channels, last ? 1 : space};
      int64_t step = space * (last ? channels : 1);
      for (int i = 0; i < 3; ++i) {
        step /= size[i];
        if (i < first) continue;
        dims.push_back(size[i]);
        strides.push_back(step);
      }
      return Desc(dims, type, strides);
    };
    for (int i = first; i < 3; ++i) {
      stride.push_back(g.stride[i]), kernel.push_back(g.kernel[i]), dilate.push_back(0), left.push_back(g.pad[i]);
      right.push_back((g.out[i] - 1) * g.stride[i] + g.kernel[i] - g.size[i] - g.pad[i]);
    }
    const auto algorithm = g.type == PoolType::kMax ? dnnl::algorithm::pooling_max
                           : g.include_pad          ? dnnl::algorithm::pooling_avg_include_padding
                                                    : dnnl::algorithm::pooling_avg_exclude_padding;
    const Type given = type_of(data.dtype, context.op.name), used = compute_type(data.dtype, context.op.name);
    return {dnnl::pooling_forward::primitive_desc(cpu(), dnnl::prop_kind::forward_inference, algorithm,
                                                  describe(g.size, used), describe(g.out, used), stride, kernel, dilate,
                                                  left, right, attributes()),
            {in(DNNL_ARG_SRC, describe(g.size, given)), out(DNNL_ARG_DST, describe(g.out, given))}};
  });
  call->run(context, {data.data, output.data});
}

void run_loop(const char* name, const PoolGeometry& g, std::initializer_list<const Floats*> inputs,
              const Floats& output, bool backward) {
  const Loop loop = find_loop(name, output.dtype);
  const auto size = static_cast<int64_t>(size_of(output.dtype));
  const int64_t data = g.size[0] * g.size[1] * g.size[2] * g.inner * size,
                pooled = g.out[0] * g.out[1] * g.out[2] * g.inner * size;
  const int64_t kernel = g.kernel[0] * g.kernel[1] * g.kernel[2];
  engine::parallel_for(g.outer, std::max<int64_t>(1, (1 << 17) / (pooled * kernel + 1)),
                       [&](int64_t begin, int64_t end) {
                         const void* in[3] = {};
                         size_t i = 0;
                         for (const Floats* input : inputs) {
                           const int64_t step = backward && i != 1 ? pooled : data;
                           in[i++] = *input ? input->data + begin * step : nullptr;
                         }
                         void* out[] = {output.data + begin * (backward ? data : pooled)};
                         if (backward) std::memset(out[0], 0, static_cast<size_t>((end - begin) * data));
                         loop(out, in, end - begin, {.params = &g});
                       });
  output.finish();
}

void check_params(const OpContext& context, const PoolingParam& p) {
  MX_CHECK(p.pool_type != PoolType::kLp || p.p_value, kValue, "[", context.op.name,
           "] pool_type='lp' needs p_value: 1, 2 or 3");
}

void forward(const OpContext& context) {
  const auto& p = context.as<PoolingParam>();
  check_params(context, p);
  const Tensor &data = context.in[0], &output = context.out[0];
  const PoolGeometry g = geometry_of(p, window_of(context.op, p, data.shape), data, output.shape);
  if (output.size() == 0) return;
  if (device::current()) return device::run_dense("pool_forward", compute_dtype(data.dtype), {data}, {output}, &g);
  if (suits_onednn(g, data.dtype)) return forward_onednn(context, g);
  const Floats from = read_floats(context, data);
  run_loop("Pooling", g, {&from}, write_floats(context, output), false);
}

// (head, data, output) -> gradient of data
void backward(const OpContext& context) {
  const auto& p = context.as<PoolingParam>();
  const Tensor &head = context.in[0], &data = context.in[1];
  const PoolGeometry g = geometry_of(p, window_of(context.op, p, data.shape), context.out[0], head.shape);
  if (data.size() == 0) return;
  if (device::current()) {
    const DType lane = compute_dtype(data.dtype);
    Tensor places{nullptr, head.shape, DType::kInt32};
    if (g.type == PoolType::kMax) {
      places.data = context.workspace(places.bytes());
      device::run_dense("pool_largest", lane, {data}, {places}, &g);
    }
    return device::run_dense("pool_backward", lane, {head, data, context.in[2], places}, {context.out[0]}, &g);
  }
  const bool lp = g.type == PoolType::kLp, compares = lp || g.type == PoolType::kMax;
  const Floats from = read_floats(context, head), x = compares ? read_floats(context, data) : Floats(),
               y = lp ? read_floats(context, context.in[2]) : Floats();
  const bool rows = g.type == PoolType::kMax && g.inner == 1;
  run_loop(rows ? "max_pool_rows_backward" : "_backward_Pooling", g, {&from, &x, &y},
           write_floats(context, context.out[0]), true);
}

bool channels_first(const void* params, const Shape&) {
  const auto& layout = static_cast<const PoolingParam*>(params)->layout;
  return !layout || !channels_last(*layout);
}

// What backward() looks at besides the head.
bool reads(const void* params, size_t input) {
  const PoolType type = static_cast<const PoolingParam*>(params)->pool_type;
  if (input == 1) return type == PoolType::kMax || type == PoolType::kLp;
  return input == 0 || type == PoolType::kLp;
}

void gradient(GradientContext& g) {
  g.set(0, g.call_same("_backward_Pooling", {g.head(), g.input(0), g.output(0)}).at(0));
}

// Averages and sums are linear.
void second_gradient(GradientContext& g) {
  const PoolType type = g.as<PoolingParam>().pool_type;
  MX_CHECK(type == PoolType::kAvg || type == PoolType::kSum, kUnsupported, "[Pooling] its gradient has no gradient ",
           "where pool_type is 'max' or 'lp'; stop the gradient with BlockGrad");
  if (g.wants(0)) g.set(0, g.call_same("Pooling", {g.head()}).at(0));
}

}  // namespace

MX_OPERATOR(Pooling) {
  op.describe(
        R"(Reduces each window that moves over one, two or three spatial axes to its maximum, average, sum or norm.

Along an axis the output has ``(size + 2 pad - kernel) // stride + 1`` elements, rounded up instead with pooling_convention='full', where
the last window may hang over the padding and is cut there. Where several elements are largest the first gets the gradient.)")
      .input("data", "(n, c, spatial...), or channels last with such a layout.")
      .output("output", "The same number of axes.")
      .output("workspace", "Empty. Symbol files number the outputs as if a maximum had this second one.")
      .num_outputs(
          [](const void* p) { return static_cast<const PoolingParam*>(p)->pool_type == PoolType::kMax ? 2 : 1; })
      .visible_outputs(1)
      .params<PoolingParam>()
      .alias("_npx_pooling")
      .infer_shape([](const InferShape& s) {
        infer_shape(s);
        if (s.out.size() > 1) s.set_output(1, Shape{0});
      })
      .channels_last({0}, {0}, channels_first)
      .portable_forward(forward)
      .gradient(gradient);
}

MX_OPERATOR(_backward_Pooling) {
  op.describe("Gradient of Pooling.")
      .input("head", "Gradient of the output.")
      .input("data", "The input of Pooling.")
      .input("output", "Its output.")
      .output("data")
      .params<PoolingParam>()
      .infer_shape([](const InferShape& s) { s.same(1, 0); })
      .reads(reads)
      .channels_last({0, 1, 2}, {0}, channels_first)
      .portable_forward(backward)
      .gradient(second_gradient);
}

}  // namespace mx
