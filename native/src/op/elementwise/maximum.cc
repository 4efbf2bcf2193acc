#include "op/elementwise/second_gradient.h"
#include "op/streamed.h"

namespace mx::MX_ISA {
struct Maximum {
  template <class T>
  MX_XPU T operator()(T a, T b) const {
    return a >= b || a != a ? a : b;
  }
};
struct MaximumGradientLeft {
  template <class T>
  MX_XPU T operator()(T head, T a, T b) const {
    return a >= b ? head : T(0);  // ties go left
  }
};
struct MaximumGradientRight {
  template <class T>
  MX_XPU T operator()(T head, T a, T b) const {
    return a >= b ? T(0) : head;
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(maximum, Elementwise<Maximum>, float, double, int32_t, int64_t)
MX_STREAMED(maximum, Maximum)
MX_KERNELS(_backward_maximum_left, Elementwise<MaximumGradientLeft>, float, double)
MX_KERNELS(_backward_maximum_right, Elementwise<MaximumGradientRight>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(_maximum) {
  binary(op, "maximum")
      .describe("The larger of a and b (NaN if either is), for arrays of one shape.")
      .alias("_Maximum")
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call("_backward_maximum_left", {g.head(), g.input(0), g.input(1)}));
        if (g.wants(1)) g.set(1, g.call("_backward_maximum_right", {g.head(), g.input(0), g.input(1)}));
      });
}
MX_OPERATOR(broadcast_maximum) {
  broadcast_binary(op, "maximum")
      .describe("The larger of a and b (NaN if either is), with broadcasting.")
      .gradient([](GradientContext& g) {
        if (g.wants(0))
          g.set(0, unbroadcast(g, g.call("_backward_maximum_left", {g.head(), g.input(0), g.input(1)}), g.input(0)));
        if (g.wants(1))
          g.set(1, unbroadcast(g, g.call("_backward_maximum_right", {g.head(), g.input(0), g.input(1)}), g.input(1)));
      });
}
MX_OPERATOR(_maximum_scalar) {
  scalar_binary(op, "maximum")
      .describe("The larger of a and b (NaN if either is); b is a number.")
      .alias("_MaximumScalar")
      .gradient(
          [](GradientContext& g) { g.set(0, g.call_same("_backward_maximum_scalar", {g.head(), g.input(0)}).at(0)); });
}
MX_OPERATOR(_backward_maximum_left) { broadcasting(op, {"head", "a", "b"}).gradient(gradient_in_steps); }
MX_OPERATOR(_backward_maximum_right) { broadcasting(op, {"head", "a", "b"}).gradient(gradient_in_steps); }
MX_OPERATOR(_backward_maximum_scalar) { scalar_gradient(op, "_backward_maximum_left").gradient(gradient_in_steps); }
}  // namespace mx
#endif
