#include "mx/op/elementwise.h"

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

MX_KERNELS(power, Elementwise<Power>, float, double)
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
MX_OPERATOR(_backward_power_left) { broadcasting(op, {"head", "a", "b"}); }
MX_OPERATOR(_backward_power_right) { broadcasting(op, {"head", "a", "b"}); }
MX_OPERATOR(_backward_power_scalar) { scalar_gradient(op, "_backward_power_left"); }
MX_OPERATOR(_backward_rpower_scalar) { reversed_scalar_gradient(op, "_backward_power_right"); }
}  // namespace mx
#endif
