#include "mx/op/elementwise.h"

namespace mx {

struct LeakyReLUParam {
  enum Type : int32_t { kElu, kGelu, kLeaky, kPrelu, kRrelu, kSelu } act_type = kLeaky;
  float slope = 0.25f, lower_bound = 0.125f, upper_bound = 0.334f;
  static void fields(auto& f) {
    using P = LeakyReLUParam;
    f.add("act_type", &P::act_type, "What becomes of negative x.")
        .names({"elu", "gelu", "leaky", "prelu", "rrelu", "selu"});
    f.add("slope", &P::slope, "Factor for 'leaky' and 'elu'.");
    f.add("lower_bound", &P::lower_bound, "Smallest random slope of 'rrelu'.");
    f.add("upper_bound", &P::upper_bound, "Largest random slope of 'rrelu'.");
  }
};

}  // namespace mx

namespace mx::MX_ISA {

inline constexpr double kSeluAlpha = 1.6732632423543772, kSeluScale = 1.0507009873554805;

struct WithSlope {
  float slope;
  explicit MX_XPU WithSlope(const LoopArgs& args) : slope(static_cast<const LeakyReLUParam*>(args.params)->slope) {}
};
struct Leaky : WithSlope {
  using WithSlope::WithSlope;
  template <class T>
  MX_XPU T operator()(T x) const {
    return x > T(0) ? x : x * T(slope);
  }
};
struct LeakyGradient : WithSlope {
  using WithSlope::WithSlope;
  template <class T>
  MX_XPU T operator()(T head, T x) const {
    return x > T(0) ? head : head * T(slope);
  }
};
struct Elu : WithSlope {
  using WithSlope::WithSlope;
  template <class T>
  MX_XPU T operator()(T x) const {
    return x > T(0) ? x : T(slope) * expm1(x);
  }
};
struct EluGradient : WithSlope {
  using WithSlope::WithSlope;
  template <class T>
  MX_XPU T operator()(T head, T x) const {
    return x > T(0) ? head : head * T(slope) * exp(x);
  }
};
struct Selu {
  template <class T>
  MX_XPU T operator()(T x) const {
    return T(kSeluScale) * (x > T(0) ? x : T(kSeluAlpha) * expm1(x));
  }
};
struct SeluGradient {
  template <class T>
  MX_XPU T operator()(T head, T x) const {
    return head * T(kSeluScale) * (x > T(0) ? T(1) : T(kSeluAlpha) * exp(x));
  }
};
struct Gelu {
  template <class T>
  MX_XPU T operator()(T x) const {
    return T(0.5) * x * (T(1) + erf(x * T(0.7071067811865476)));
  }
};
struct GeluGradient {
  template <class T>
  MX_XPU T operator()(T head, T x) const {
    const T density = T(0.3989422804014327) * exp(T(-0.5) * x * x);
    return head * (T(0.5) * (T(1) + erf(x * T(0.7071067811865476))) + x * density);
  }
};
struct Prelu {
  template <class T>
  MX_XPU T operator()(T x, T slope) const {
    return x > T(0) ? x : x * slope;
  }
};
struct PreluGradient {
  template <class T>
  MX_XPU T operator()(T head, T x, T slope) const {
    return x > T(0) ? head : head * slope;
  }
};
struct PreluSlopeGradient {
  template <class T>
  MX_XPU T operator()(T head, T x) const {
    return x > T(0) ? T(0) : head * x;
  }
};

}  // namespace mx::MX_ISA

MX_KERNELS(leaky, Elementwise<Leaky>, float, double)
MX_KERNELS(leaky_gradient, Elementwise<LeakyGradient>, float, double)
MX_KERNELS(elu, Elementwise<Elu>, float, double)
MX_KERNELS(elu_gradient, Elementwise<EluGradient>, float, double)
MX_KERNELS(selu, Elementwise<Selu>, float, double)
MX_KERNELS(selu_gradient, Elementwise<SeluGradient>, float, double)
MX_KERNELS(gelu, Elementwise<Gelu>, float, double)
MX_KERNELS(gelu_gradient, Elementwise<GeluGradient>, float, double)
MX_KERNELS(prelu, Elementwise<Prelu>, float, double)
MX_KERNELS(prelu_gradient, Elementwise<PreluGradient>, float, double)
MX_KERNELS(prelu_slope_gradient, Elementwise<PreluSlopeGradient>, float, double)

#if defined(MX_PASS_HOST)
#include "graph/second_gradient.h"
#include "mx/op/random.h"
#include "mx/op/reduce.h"

namespace mx {
namespace {

using P = LeakyReLUParam;

bool has_slope_array(const void* params) {
  const auto type = static_cast<const P*>(params)->act_type;
  return type == P::kPrelu || type == P::kRrelu;
}
int count_inputs(const void* params) { return static_cast<const P*>(params)->act_type == P::kPrelu ? 2 : 1; }
int count_outputs(const void* params) { return static_cast<const P*>(params)->act_type == P::kRrelu ? 2 : 1; }
bool is_elementwise(const void* params, const Shape&) { return !has_slope_array(params); }
int count_backward_inputs(const void* params) { return has_slope_array(params) ? 3 : 2; }
int count_backward_outputs(const void* params) { return count_inputs(params); }

// gamma beside the axes of data: (1, channels, 1...), or one number.
Tensor aligned(const Tensor& slope, const Shape& data) {
  Tensor result = slope;
  if (slope.shape == data) return result;
  result.shape = Shape::filled(data.ndim, 1);
  if (slope.size() > 1) result.shape[data.ndim > 1 ? 1 : 0] = slope.size();
  return result;
}

void infer_shape(const InferShape& s) {
  s.same(0, 0);
  const Shape& data = s.in[0];
  if (s.out.size() == 2) s.same(0, 1);
  if (s.in.size() < 2 || !data.rank_known()) return;
  const Shape& gamma = s.in[1];
  const int64_t channels = data.ndim > 1 ? data[1] : 1;
  if (gamma.rank_known() && gamma.known() && gamma.ndim == 1 && gamma[0] == 1) return;  // one slope for all
  s.set_input(1, {channels});
}

void run(const char* kernel, std::initializer_list<Tensor> in, const Tensor& out, const void* params) {
  run_elementwise(get_kernel(kernel), {in.begin(), in.size()}, {&out, 1}, params);
}

double middle(const P& p) { return (static_cast<double>(p.lower_bound) + p.upper_bound) / 2; }

void forward(const OpContext& context) {
  const auto& p = context.as<P>();
  const Tensor &data = context.in[0], &out = context.out[0];
  if (data.size() == 0) return;
  switch (p.act_type) {
    case P::kElu:
      return run("elu", {data}, out, &p);
    case P::kGelu:
      return run("gelu", {data}, out, &p);
    case P::kSelu:
      return run("selu", {data}, out, &p);
    case P::kLeaky:
      return run("leaky", {data}, out, &p);
    case P::kPrelu:
      return run("prelu", {data, aligned(context.in[1], data.shape)}, out, &p);
    case P::kRrelu: {
      Tensor slopes = context.out[1];
      if (!slopes.data) slopes = {context.workspace(data.bytes()), data.shape, data.dtype};
      fill_uniform(*context.random, slopes, context.is_train ? p.lower_bound : middle(p),
                   context.is_train ? p.upper_bound : middle(p));
      return run("prelu", {data, slopes}, out, &p);
    }
  }
}

void forward_fixed(const OpContext& context) {
  const auto& p = context.as<P>();
  if (p.act_type != P::kRrelu || context.in[0].size() == 0) return forward(context);
  const Tensor& data = context.in[0];
  const double slope = middle(p);
  alignas(8) char value[8];
  convert(&slope, DType::kFloat64, value, data.dtype, 1);
  run("prelu", {data, {value, Shape{1}, data.dtype}}, context.out[0], &p);
}

// (head, data [, slopes]) -> gradients of data [, gamma]
void backward(const OpContext& context) {
  const auto& p = context.as<P>();
  const Tensor &head = context.in[0], &data = context.in[1], &out = context.out[0];
  if (has_slope_array(&p)) {
    if (context.wants(0)) run("prelu_gradient", {head, data, aligned(context.in[2], data.shape)}, out, &p);
    if (p.act_type == P::kRrelu || !context.wants(1)) return;
    const Tensor products = {context.workspace(data.bytes()), data.shape, data.dtype};
    run("prelu_slope_gradient", {head, data}, products, &p);
    const Tensor gamma = aligned(context.out[1], data.shape);
    unsigned axes = 0;
    for (int i = 0; i < data.shape.ndim; ++i)
      if (gamma.shape[i] == 1) axes |= 1u << i;
    return run_reduce(context, get_kernel("sum"), products, gamma, axes);
  }
  const char* const kernel = p.act_type == P::kElu    ? "elu_gradient"
                             : p.act_type == P::kGelu ? "gelu_gradient"
                             : p.act_type == P::kSelu ? "selu_gradient"
                                                      : "leaky_gradient";
  run(kernel, {head, data}, out, &p);
}

void gradient(GradientContext& g) {
  const auto type = g.as<P>().act_type;
  std::vector<Value> gradients;
  if (type == P::kPrelu)
    gradients = g.call_same("_backward_LeakyReLU", {g.head(), g.input(0), g.input(1)});
  else if (type == P::kRrelu)
    gradients = g.call_same("_backward_LeakyReLU", {g.head(), g.input(0), g.output(1)});
  else
    gradients = g.call_same("_backward_LeakyReLU", {g.head(), g.input(0)});
  for (size_t i = 0; i < gradients.size(); ++i)
    if (g.wants(i)) g.set(i, gradients[i]);
}

// data, slopes: relu(x) - slopes relu(-x)
void expression(ComposeContext& c) {
  const Value below = c.call("relu", {c.call("negative", {c.in[0]})});
  const bool per_channel = c.as<P>().act_type == P::kPrelu;
  const Value scaled = along_axis(c, "broadcast_mul", below, c.in[1], per_channel ? 1 : -1);
  c.out = {c.call("elemwise_sub", {c.call("relu", {c.in[0]}), scaled})};
}

// With y = f(x) the gradient is head f'(x). Of the exponentials f'' is f' below zero and 0 above.
void backward_gradient(GradientContext& g) {
  const auto type = g.as<P>().act_type;
  if (has_slope_array(&g.as<P>())) return second_gradient(g, 2, expression);
  const Value head = g.input(0), x = g.input(1), given = g.head();
  if (g.wants(0)) g.set(0, g.call_same("_backward_LeakyReLU", {given, x}).at(0));
  if (!g.wants(1) || type == P::kLeaky) return;
  const auto with_scalar = [&](const char* op, const Value& value, double scalar) {
    return g.call(op, {value}, ScalarParam{scalar, false});
  };
  const auto product = [&](const Value& a, const Value& b) { return g.call("elemwise_mul", {a, b}); };
  const Value both = product(given, head);
  if (type != P::kGelu) {
    const Value below = with_scalar("_lesser_scalar", x, 0);
    return g.set(1, product(below, g.call_same("_backward_LeakyReLU", {both, x}).at(0)));
  }
  const Value square = product(x, x);  // f'' = (2 - x^2) times the normal density
  const Value density = g.call("exp", {with_scalar("_mul_scalar", square, -0.5)});
  const Value factor = with_scalar("_mul_scalar", with_scalar("_rminus_scalar", square, 2), 0.3989422804014327);
  g.set(1, product(both, product(factor, density)));
}

}  // namespace

MX_OPERATOR(LeakyReLU) {
  op.describe(
        R"(Keeps positive x, and maps negative x to ``slope x`` (leaky), ``slope (exp(x) - 1)`` (elu), ``gamma x`` with learned gamma
(prelu), or a random multiple (rrelu; the middle of the bounds outside training). selu scales elu by constants; gelu is ``x`` times the
normal distribution function.)")
      .input("data", "Any shape; prelu takes axis 1 for channels.")
      .optional_input("gamma", "Slopes of prelu, (channels,) or (1,).")
      .input_attr("gamma", "__init__", "[\"Constant\", {\"value\": 0.25}]")
      .output("output", "The shape of data.")
      .output("mask", "The random slopes of rrelu.")
      .visible_outputs(1)
      .params<P>()
      .alias("_npx_leaky_relu")
      .num_inputs(count_inputs)
      .num_outputs(count_outputs)
      .infer_shape(infer_shape)
      .channels_last({0}, {0}, is_elementwise)
      .uses_random()
      .uses_train_mode()
      .portable_forward(forward)
      .gradient(gradient);
}

MX_OPERATOR(_fixed_leaky_relu) {
  op.describe("LeakyReLU outside training, where nothing is random. Graphs get it for inference only.")
      .input("data", "Any shape; prelu takes axis 1 for channels.")
      .optional_input("gamma", "Slopes of prelu, (channels,) or (1,).")
      .output("output", "The shape of data.")
      .params<P>()
      .num_inputs(count_inputs)
      .infer_shape(infer_shape)
      .channels_last({0}, {0}, is_elementwise)
      .inplace(0, 0)
      .hidden()
      .portable_forward(forward_fixed);
}

MX_OPERATOR(_backward_LeakyReLU) {
  op.describe("Gradients of LeakyReLU.")
      .input("head", "Gradient of the output.")
      .input("data", "The input of LeakyReLU.")
      .optional_input("slopes", "gamma, or the random slopes.")
      .output("data")
      .output("gamma")
      .params<P>()
      .num_inputs(count_backward_inputs)
      .num_outputs(count_backward_outputs)
      .infer_shape([](const InferShape& s) {
        s.same(1, 0);
        if (s.out.size() == 2) s.same(2, 1);
      })
      .channels_last({0, 1}, {0}, is_elementwise)
      .portable_forward(backward)
      .gradient(backward_gradient);
}

}  // namespace mx
#endif
