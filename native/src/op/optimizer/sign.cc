// Updates by the sign of the gradient: J. Bernstein et al., "signSGD: compressed optimisation for non-convex problems",
// 2018.
#include "fields.h"

namespace mx {
namespace {
struct SignParam {
  float lr = 0, momentum = 0, wd = 0, rescale_grad = 1, clip_gradient = -1, wd_lh = 0;
  static void fields(auto& f) { add<SignParam>(f); }

 protected:
  // P is this struct or the one with momentum.
  template <class P>
  static void add(auto& f) {
    constexpr bool momentum = !std::is_same_v<P, SignParam>;
    const auto of = [](float SignParam::* member) -> float P::* { return member; };
    f.add("lr", of(&SignParam::lr), "The learning rate.").required();
    if constexpr (momentum) f.add("momentum", of(&SignParam::momentum), "How much of the last direction is kept.");
    f.add("wd", of(&SignParam::wd), momentum ? "The weight decay inside the direction." : "The weight decay.");
    f.add("rescale_grad", of(&SignParam::rescale_grad),
          momentum ? "Factor of the gradient." : "Has no effect: the sign alone counts.");
    f.add("clip_gradient", of(&SignParam::clip_gradient),
          momentum ? "The rescaled gradient is limited to +- this. Negative: no limit."
                   : "Has no effect: the sign alone counts.");
    if constexpr (momentum) f.add("wd_lh", of(&SignParam::wd_lh), "The weight decay outside of the direction.");
  }
};
struct SignumParam : SignParam {
  static void fields(auto& f) { add<SignumParam>(f); }
};
}  // namespace
}  // namespace mx

namespace mx::MX_ISA {
template <class T>
struct SignStep {
  T lr, momentum, wd, rescale, clip, keep;
  MX_XPU explicit SignStep(const SignParam& p)
      : lr(p.lr), momentum(p.momentum), wd(p.wd), rescale(p.rescale_grad), clip(p.clip_gradient), keep(p.wd_lh) {}
  MX_XPU static T sign(T x) { return x > T(0) ? T(1) : x < T(0) ? T(-1) : T(0); }
  MX_XPU void operator()(T& weight, T grad) const { weight = (T(1) - lr * wd) * weight - lr * sign(grad); }
  MX_XPU void operator()(T& weight, T grad, T& mom) const {
    mom = momentum * mom - (T(1) - momentum) * (wd * weight + clipped(grad, rescale, clip));
    weight = (T(1) - lr * keep) * weight + lr * sign(mom);
  }
};
template <int kCount>
struct SignRule {
  using Params = SignParam;
  static constexpr int kStates = kCount;
  template <class T>
  using Step = SignStep<T>;
};
}  // namespace mx::MX_ISA

MX_KERNELS(signsgd_update, Update<SignRule<0>>, float, double)
MX_KERNELS(signum_update, Update<SignRule<1>>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(signsgd_update) {
  update(op, {}).params<SignParam>().describe("(1 - lr * wd) * weight - lr * sign(grad).");
}
MX_OPERATOR(signum_update) {
  update(op, {"mom"})
      .params<SignumParam>()
      .describe(
          "mom = momentum * mom - (1 - momentum) * (clip(rescale_grad * grad) + wd * weight); the result is "
          "(1 - lr * wd_lh) * weight + lr * sign(mom).");
}
}  // namespace mx
#endif
