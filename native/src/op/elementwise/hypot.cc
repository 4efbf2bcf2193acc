#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
// The squares of float32 numbers neither overflow nor vanish in float64, and loops of this vectorize.
MX_XPU float distance(float a, float b) {
  const double x = a, y = b;
  const auto result = static_cast<float>(sqrt(x * x + y * y));
  const bool infinite = abs(a) == __builtin_inff() || abs(b) == __builtin_inff();
  return infinite ? __builtin_inff() : result;
}
MX_XPU double distance(double a, double b) { return hypot(a, b); }

struct Hypot {
  template <class T>
  MX_XPU T operator()(T a, T b) const {
    return distance(a, b);
  }
};
struct HypotGradientLeft {
  template <class T>
  MX_XPU T operator()(T head, T a, T b) const {
    return head * a / distance(a, b);
  }
};
struct HypotGradientRight {
  template <class T>
  MX_XPU T operator()(T head, T a, T b) const {
    return head * b / distance(a, b);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(hypot, Elementwise<Hypot>, float, double)
MX_KERNELS(_backward_hypot_left, Elementwise<HypotGradientLeft>, float, double)
MX_KERNELS(_backward_hypot_right, Elementwise<HypotGradientRight>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(_hypot) {
  binary(op, "hypot")
      .describe("sqrt(a^2 + b^2) without overflow, for arrays of one shape.")
      .alias("_Hypot")
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call("_backward_hypot_left", {g.head(), g.input(0), g.input(1)}));
        if (g.wants(1)) g.set(1, g.call("_backward_hypot_right", {g.head(), g.input(0), g.input(1)}));
      });
}
MX_OPERATOR(broadcast_hypot) {
  broadcast_binary(op, "hypot")
      .describe("sqrt(a^2 + b^2) without overflow, with broadcasting.")
      .gradient([](GradientContext& g) {
        if (g.wants(0))
          g.set(0, unbroadcast(g, g.call("_backward_hypot_left", {g.head(), g.input(0), g.input(1)}), g.input(0)));
        if (g.wants(1))
          g.set(1, unbroadcast(g, g.call("_backward_hypot_right", {g.head(), g.input(0), g.input(1)}), g.input(1)));
      });
}
MX_OPERATOR(_hypot_scalar) {
  scalar_binary(op, "hypot")
      .describe("sqrt(a^2 + b^2) without overflow; b is a number.")
      .alias("_HypotScalar")
      .gradient(
          [](GradientContext& g) { g.set(0, g.call_same("_backward_hypot_scalar", {g.head(), g.input(0)}).at(0)); });
}

namespace {
// Both heads, divided by the cube of the length: times b b it is the slope of a / length by a, times -a b that by b.
Value curvature(GradientContext& g, const Value& length) {
  const Value cube = g.call("elemwise_mul", {g.call("square", {length}), length});
  return g.call("elemwise_div", {g.call("elemwise_mul", {g.head(), g.input(0)}), cube});
}
void second_gradient(GradientContext& g, size_t own, size_t other) {
  const Value a = g.input(own), b = g.input(other);
  g.set(0, g.call(g.op().name.c_str(), {g.head(), g.input(1), g.input(2)}));
  const Value by_b = g.call("broadcast_mul", {curvature(g, g.call("broadcast_hypot", {a, b})), b});
  if (g.wants(own)) g.set(own, unbroadcast(g, g.call("broadcast_mul", {by_b, b}), a));
  if (g.wants(other)) g.set(other, unbroadcast(g, g.call("negative", {g.call("broadcast_mul", {by_b, a})}), b));
}
}  // namespace

MX_OPERATOR(_backward_hypot_left) {
  broadcasting(op, {"head", "a", "b"}).gradient([](GradientContext& g) { second_gradient(g, 1, 2); });
}
MX_OPERATOR(_backward_hypot_right) {
  broadcasting(op, {"head", "a", "b"}).gradient([](GradientContext& g) { second_gradient(g, 2, 1); });
}
MX_OPERATOR(_backward_hypot_scalar) {
  scalar_gradient(op, "_backward_hypot_left").gradient([](GradientContext& g) {
    const double b = g.as<ScalarParam>().scalar;
    g.set(0, g.call_same("_backward_hypot_scalar", {g.head(), g.input(1)}).at(0));
    const Value length = g.call_same("_hypot_scalar", {g.input(1)}).at(0);
    if (g.wants(1)) g.set(1, g.call("_mul_scalar", {curvature(g, length)}, ScalarParam{b * b, false}));
  });
}
}  // namespace mx
#endif
