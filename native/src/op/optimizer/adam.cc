// Adam: D. Kingma, J. Ba, "Adam: a method for stochastic optimization", 2015. The correction of the bias is part of lr.
#include "fields.h"

namespace mx {
namespace {
struct AdamParam {
  float lr = 0, beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f, wd = 0, rescale_grad = 1, clip_gradient = -1;
  bool lazy_update = true;
  static void fields(auto& f) {
    lr_field<AdamParam>(f);
    beta_fields<AdamParam>(f);
    wd_field<AdamParam>(f);
    rescale_field<AdamParam>(f);
    clip_field<AdamParam>(f);
    f.add("lazy_update", &AdamParam::lazy_update, "Only matters for sparse gradients.");
  }
};
}  // namespace
}  // namespace mx

namespace mx::MX_ISA {
template <class T>
struct AdamStep {
  T lr, beta1, beta2, epsilon, wd, rescale, clip;
  MX_XPU explicit AdamStep(const AdamParam& p)
      : lr(p.lr),
        beta1(p.beta1),
        beta2(p.beta2),
        epsilon(p.epsilon),
        wd(p.wd),
        rescale(p.rescale_grad),
        clip(p.clip_gradient) {}
  MX_XPU void operator()(T& weight, T grad, T& mean, T& var) const {
    const T g = clipped(rescale * grad + wd * weight, T(1), clip);
    mean = beta1 * mean + (T(1) - beta1) * g;
    var = beta2 * var + (T(1) - beta2) * g * g;
    weight = weight - lr * mean / (sqrt(var) + epsilon);
  }
};
struct Adam {
  using Params = AdamParam;
  static constexpr int kStates = 2;
  template <class T>
  using Step = AdamStep<T>;
};
}  // namespace mx::MX_ISA

MX_KERNELS(adam_update, Update<Adam>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(adam_update) {
  update(op, {"mean", "var"})
      .alias("_sparse_adam_update")
      .params<AdamParam>()
      .describe(
          "g = clip(rescale_grad * grad + wd * weight); mean = beta1 * mean + (1 - beta1) * g; "
          "var = beta2 * var + (1 - beta2) * g^2; the result is weight - lr * mean / (sqrt(var) + epsilon).");
}
}  // namespace mx
#endif
