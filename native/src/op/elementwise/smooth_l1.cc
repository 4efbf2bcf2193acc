#include "mx/op/elementwise.h"

namespace mx {
struct SmoothL1Param {
  float scalar = 1;
  static void fields(auto& f) {
    f.add("scalar", &SmoothL1Param::scalar, "sigma: the middle part lies between -1 / sigma^2 and 1 / sigma^2.");
  }
};
}  // namespace mx

namespace mx::MX_ISA {
struct SmoothL1 {
  float square, border;
  MX_INLINE explicit SmoothL1(const LoopArgs& args) {
    const float sigma = static_cast<const SmoothL1Param*>(args.params)->scalar;
    square = sigma * sigma, border = 1 / square;
  }
  template <class T>
  MX_XPU T operator()(T x) const {
    return abs(x) > T(border) ? abs(x) - T(0.5) * T(border) : T(0.5) * x * x * T(square);
  }
};
struct SmoothL1Gradient : SmoothL1 {
  using SmoothL1::SmoothL1;
  template <class T>
  MX_XPU T operator()(T head, T x) const {
    return x > T(border) ? head : x < -T(border) ? -head : head * T(square) * x;
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(smooth_l1, Elementwise<SmoothL1>, float, double)
MX_KERNELS(_backward_smooth_l1, Elementwise<SmoothL1Gradient>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(smooth_l1) {
  unary(op)
      .alias("_npx_smooth_l1")
      .params<SmoothL1Param>()
      .describe("(sigma x)^2 / 2 for elements with abs(x) <= 1 / sigma^2, and abs(x) - 1 / (2 sigma^2) for the others.")
      .gradient([](GradientContext& g) { g.set(0, g.call_same("_backward_smooth_l1", {g.head(), g.input(0)}).at(0)); });
}
MX_OPERATOR(_backward_smooth_l1) {
  elementwise(op, {"head", "data"}).params<SmoothL1Param>().gradient([](GradientContext& g) {
    g.set(0, g.call_same("_backward_smooth_l1", {g.head(), g.input(1)}).at(0));
    // sigma^2 inside, where the slope itself is not +-1.
    const Value slope = g.call_same("_backward_smooth_l1", {g.call("ones_like", {g.input(1)}), g.input(1)}).at(0);
    const Value inside = g.call("_lesser_scalar", {g.call("abs", {slope})}, ScalarParam{1, false});
    const double sigma = g.as<SmoothL1Param>().scalar;
    const Value heads = g.call("elemwise_mul", {g.head(), g.input(0)});
    g.set(1, g.call("_mul_scalar", {g.call("elemwise_mul", {heads, inside})}, ScalarParam{sigma * sigma, false}));
  });
}
}  // namespace mx
#endif
