#include "op/elementwise/second_gradient.h"
#include "op/streamed.h"

namespace mx::MX_ISA {
struct Minimum {
  template <class T>
  MX_XPU T operator()(T a, T b) const {
    return a <= b || a != a ? a : b;
  }
};
struct MinimumGradientLeft {
  template <class T>
  MX_XPU T operator()(T head, T a, T b) const {
    return a <= b ? head : T(0);  // ties go left
  }
};
struct MinimumGradientRight {
  template <class T>
  MX_XPU T operator()(T head, T a, T b) const {
    return a <= b ? T(0) : head;
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(minimum, Elementwise<Minimum>, float, double, int32_t, int64_t)
MX_STREAMED(minimum, Minimum)
MX_KERNELS(_backward_minimum_left, Elementwise<MinimumGradientLeft>, float, double)
MX_KERNELS(_backward_minimum_right, Elementwise<MinimumGradientRight>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(_minimum) {
  binary(op, "minimum")
      .describe("The smaller of a and b (NaN if either is), for arrays of one shape.")
      .alias("_Minimum")
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call("_backward_minimum_left", {g.head(), g.input(0), g.input(1)}));
        if (g.wants(1)) g.set(1, g.call("_backward_minimum_right", {g.head(), g.input(0), g.input(1)}));
      });
}
MX_OPERATOR(broadcast_minimum) {
  broadcast_binary(op, "minimum")
      .describe("The smaller of a and b (NaN if either is), with broadcasting.")
      .gradient([](GradientContext& g) {
        if (g.wants(0))
          g.set(0, unbroadcast(g, g.call("_backward_minimum_left", {g.head(), g.input(0), g.input(1)}), g.input(0)));
        if (g.wants(1))
          g.set(1, unbroadcast(g, g.call("_backward_minimum_right", {g.head(), g.input(0), g.input(1)}), g.input(1)));
      });
}
MX_OPERATOR(_minimum_scalar) {
  scalar_binary(op, "minimum")
      .describe("The smaller of a and b (NaN if either is); b is a number.")
      .alias("_MinimumScalar")
      .gradient(
          [](GradientContext& g) { g.set(0, g.call_same("_backward_minimum_scalar", {g.head(), g.input(0)}).at(0)); });
}
MX_OPERATOR(_backward_minimum_left) { broadcasting(op, {"head", "a", "b"}).gradient(gradient_in_steps); }
MX_OPERATOR(_backward_minimum_right) { broadcasting(op, {"head", "a", "b"}).gradient(gradient_in_steps); }
MX_OPERATOR(_backward_minimum_scalar) { scalar_gradient(op, "_backward_minimum_left").gradient(gradient_in_steps); }
}  // namespace mx
#endif
