// RMSProp: T. Tieleman, G. Hinton, 2012; and the centred form of A. Graves, "Generating sequences with recurrent neural
// networks", 2013.
#include "fields.h"

namespace mx {
namespace {
struct RmsPropParam {
  float lr = 0, gamma1 = 0.95f, gamma2 = 0.9f, epsilon = 1e-8f, wd = 0, rescale_grad = 1, clip_gradient = -1,
        clip_weights = -1;
  static void fields(auto& f) { add<RmsPropParam>(f); }

 protected:
  // P is this struct or the one with gamma2.
  template <class P>
  static void add(auto& f) {
    const auto of = [](float RmsPropParam::* member) -> float P::* { return member; };
    f.add("lr", of(&RmsPropParam::lr), "The learning rate.").required();
    f.add("gamma1", of(&RmsPropParam::gamma1), "How much of the mean square is kept.");
    if constexpr (!std::is_same_v<P, RmsPropParam>)
      f.add("gamma2", of(&RmsPropParam::gamma2), "How much of the last step is kept.");
    f.add("epsilon", of(&RmsPropParam::epsilon), "Keeps the divisor away from 0.");
    f.add("wd", of(&RmsPropParam::wd), "The weight decay.");
    f.add("rescale_grad", of(&RmsPropParam::rescale_grad), "Factor of the gradient.");
    f.add("clip_gradient", of(&RmsPropParam::clip_gradient),
          "The rescaled gradient, with the decay, is limited to +- this. Negative: no limit.");
    f.add("clip_weights", of(&RmsPropParam::clip_weights), "The new weight is limited to +- this. Negative: no limit.");
  }
};
struct RmsPropAlexParam : RmsPropParam {
  static void fields(auto& f) { add<RmsPropAlexParam>(f); }
};
}  // namespace
}  // namespace mx

namespace mx::MX_ISA {
template <class T>
struct RmsPropStep {
  T lr, gamma1, gamma2, epsilon, wd, rescale, clip, limit;
  MX_XPU explicit RmsPropStep(const RmsPropParam& p)
      : lr(p.lr),
        gamma1(p.gamma1),
        gamma2(p.gamma2),
        epsilon(p.epsilon),
        wd(p.wd),
        rescale(p.rescale_grad),
        clip(p.clip_gradient),
        limit(p.clip_weights) {}
  MX_XPU T gradient(T weight, T grad) const { return clipped(rescale * grad + wd * weight, T(1), clip); }
  MX_XPU void operator()(T& weight, T grad, T& n) const {
    const T g = gradient(weight, grad);
    n = (T(1) - gamma1) * g * g + gamma1 * n;
    weight = clipped(weight - lr * g / sqrt(n + epsilon), T(1), limit);
  }
  MX_XPU void operator()(T& weight, T grad, T& n, T& mean, T& delta) const {
    const T g = gradient(weight, grad);
    n = (T(1) - gamma1) * g * g + gamma1 * n;
    mean = (T(1) - gamma1) * g + gamma1 * mean;
    delta = gamma2 * delta - lr * g / sqrt(n - mean * mean + epsilon);
    weight = clipped(weight + delta, T(1), limit);
  }
};
template <int kCount>
struct RmsProp {
  using Params = RmsPropParam;
  static constexpr int kStates = kCount;
  template <class T>
  using Step = RmsPropStep<T>;
};
}  // namespace mx::MX_ISA

MX_KERNELS(rmsprop_update, Update<RmsProp<1>>, float, double)
MX_KERNELS(rmspropalex_update, Update<RmsProp<3>>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(rmsprop_update) {
  update(op, {"n"}).params<RmsPropParam>().describe(
      "g = clip(rescale_grad * grad + wd * weight); n = gamma1 * n + (1 - gamma1) * g^2; the result is "
      "weight - lr * g / sqrt(n + epsilon).");
}
MX_OPERATOR(rmspropalex_update) {
  update(op, {"n", "g", "delta"})
      .params<RmsPropAlexParam>()
      .describe(
          "grad' = clip(rescale_grad * grad + wd * weight); n = gamma1 * n + (1 - gamma1) * grad'^2; "
          "g = gamma1 * g + (1 - gamma1) * grad'; delta = gamma2 * delta - lr * grad' / sqrt(n - g^2 + epsilon); the "
          "result is weight + delta.");
}
}  // namespace mx
#endif
