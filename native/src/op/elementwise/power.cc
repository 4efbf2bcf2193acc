#include <cmath>

#include "op/elementwise/spread.h"

namespace mx::MX_ISA {
struct Power {
  template <class T>
  MX_XPU T operator()(T a, T b) const {
    return pow(a, b);
  }
};
struct PowerGradientLeft {
  template <class T>
  MX_XPU T operator()(T head, T a, T b) const {
    return head * b * pow(a, b - T(1));
  }
};
struct PowerGradientRight {
  template <class T>
  MX_XPU T operator()(T head, T a, T b) const {
    return head * pow(a, b) * log(a);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(power, Spread<Power>, float, double)
MX_KERNELS(_backward_power_left, Elementwise<PowerGradientLeft>, float, double)
MX_KERNELS(_backward_power_right, Elementwise<PowerGradientRight>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(_power) {
  binary(op, "power")
      .describe("a to the power of b, for arrays of one shape.")
      .alias("_Power")
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call("_backward_power_left", {g.head(), g.input(0), g.input(1)}));
        if (g.wants(1)) g.set(1, g.call("_backward_power_right", {g.head(), g.input(0), g.input(1)}));
      });
}
MX_OPERATOR(broadcast_power) {
  broadcast_binary(op, "power").describe("a to the power of b, with broadcasting.").gradient([](GradientContext& g) {
    if (g.wants(0))
      g.set(0, unbroadcast(g, g.call("_backward_power_left", {g.head(), g.input(0), g.input(1)}), g.input(0)));
    if (g.wants(1))
      g.set(1, unbroadcast(g, g.call("_backward_power_right", {g.head(), g.input(0), g.input(1)}), g.input(1)));
  });
}
MX_OPERATOR(_power_scalar) {
  scalar_binary(op, "power")
      .describe("a to the power of b; b is a number.")
      .alias("_PowerScalar")
      .gradient(
          [](GradientContext& g) { g.set(0, g.call_same("_backward_power_scalar", {g.head(), g.input(0)}).at(0)); });
}
MX_OPERATOR(_rpower_scalar) {
  reversed_scalar_binary(op, "power")
      .describe("a to the power of b; a is a number, b the array.")
      .alias("_RPowerScalar")
      .gradient(
          [](GradientContext& g) { g.set(0, g.call_same("_backward_rpower_scalar", {g.head(), g.input(0)}).at(0)); });
}

namespace {
Value both_heads(GradientContext& g) { return g.call("elemwise_mul", {g.head(), g.input(0)}); }
// The slope by a and b, which is a^(b - 1) (1 + b log a).
Value mixed(GradientContext& g) {
  const Value a = g.input(1), b = g.input(2);
  const Value rest = g.call("_plus_scalar", {g.call("broadcast_mul", {b, g.call("log", {a})})}, ScalarParam{1});
  const Value power = g.call("broadcast_power", {a, g.call("_minus_scalar", {b}, ScalarParam{1})});
  return g.call("broadcast_mul", {both_heads(g), g.call("broadcast_mul", {power, rest})});
}
}  // namespace

MX_OPERATOR(_backward_power_left) {
  broadcasting(op, {"head", "a", "b"}).gradient([](GradientContext& g) {
    const Value a = g.input(1), b = g.input(2);
    g.set(0, g.call("_backward_power_left", {g.head(), a, b}));
    if (g.wants(1)) {
      const Value head = g.call("broadcast_mul", {both_heads(g), b});
      const Value less = g.call("_minus_scalar", {b}, ScalarParam{1});
      g.set(1, unbroadcast(g, g.call("_backward_power_left", {head, a, less}), a));
    }
    if (g.wants(2)) g.set(2, unbroadcast(g, mixed(g), b));
  });
}
MX_OPERATOR(_backward_power_right) {
  broadcasting(op, {"head", "a", "b"}).gradient([](GradientContext& g) {
    const Value a = g.input(1), b = g.input(2);
    g.set(0, g.call("_backward_power_right", {g.head(), a, b}));
    if (g.wants(1)) g.set(1, unbroadcast(g, mixed(g), a));
    if (g.wants(2)) {
      const Value head = g.call("broadcast_mul", {both_heads(g), g.call("log", {a})});
      g.set(2, unbroadcast(g, g.call("_backward_power_right", {head, a, b}), b));
    }
  });
}
MX_OPERATOR(_backward_power_scalar) {
  scalar_gradient(op, "_backward_power_left").gradient([](GradientContext& g) {
    const double b = g.as<ScalarParam>().scalar;
    g.set(0, g.call_same("_backward_power_scalar", {g.head(), g.input(1)}).at(0));
    if (!g.wants(1)) return;
    if (b == 0 || b == 1) return g.set(1, g.zeros_like(g.input(1)));  // not 0/0 where a is 0
    const Value head = g.call("_mul_scalar", {both_heads(g)}, ScalarParam{b, false});
    g.set(1, g.call("_backward_power_scalar", {head, g.input(1)}, ScalarParam{b - 1, false}));
  });
}
MX_OPERATOR(_backward_rpower_scalar) {
  reversed_scalar_gradient(op, "_backward_power_right").gradient([](GradientContext& g) {
    const double a = g.as<ScalarParam>().scalar;
    g.set(0, g.call_same("_backward_rpower_scalar", {g.head(), g.input(1)}).at(0));
    const Value head = g.call("_mul_scalar", {both_heads(g)}, ScalarParam{std::log(a), false});
    if (g.wants(1)) g.set(1, g.call_same("_backward_rpower_scalar", {head, g.input(1)}).at(0));
  });
}
}  // namespace mx
#endif
