#include "op/elementwise/second_gradient.h"

namespace mx {
struct HardSigmoidParam {
  float alpha = 0.2f, beta = 0.5f;
  static void fields(auto& f) {
    f.add("alpha", &HardSigmoidParam::alpha, "The slope.");
    f.add("beta", &HardSigmoidParam::beta, "The value at 0.");
  }
};
}  // namespace mx

namespace mx::MX_ISA {
struct HardSigmoid {
  float alpha, beta;
  MX_INLINE explicit HardSigmoid(const LoopArgs& args)
      : alpha(static_cast<const HardSigmoidParam*>(args.params)->alpha),
        beta(static_cast<const HardSigmoidParam*>(args.params)->beta) {}
  template <class T>
  MX_XPU T operator()(T x) const {
    const T y = T(alpha) * x + T(beta);
    const T above = y < T(0) ? T(0) : y;
    return above > T(1) ? T(1) : above;
  }
};
struct HardSigmoidGradient : HardSigmoid {
  using HardSigmoid::HardSigmoid;
  template <class T>
  MX_XPU T operator()(T head, T y) const {
    return y > T(0) && y < T(1) ? head * T(alpha) : T(0);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(hard_sigmoid, Elementwise<HardSigmoid>, float, double)
MX_KERNELS(_backward_hard_sigmoid, Elementwise<HardSigmoidGradient>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(hard_sigmoid) {
  unary(op)
      .params<HardSigmoidParam>()
      .describe("alpha * x + beta limited to 0..1, for every element x.")
      .gradient(
          [](GradientContext& g) { g.set(0, g.call_same("_backward_hard_sigmoid", {g.head(), g.output(0)}).at(0)); });
}
MX_OPERATOR(_backward_hard_sigmoid) {
  elementwise(op, {"head", "output"}).params<HardSigmoidParam>().gradient(gradient_in_steps);
}
}  // namespace mx
#endif
