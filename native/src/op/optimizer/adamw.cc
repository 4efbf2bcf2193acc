// Adam with weight decay beside the gradient: I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", 2019.
// The factor of the gradient is an array; where it is 0, infinite or NaN nothing is changed.
#include "fields.h"

namespace mx {
namespace {
struct AdamWParam {
  float lr = 0, beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f, wd = 0, eta = 0, clip_gradient = -1;
  static void fields(auto& f) {
    lr_field<AdamWParam>(f);
    beta_fields<AdamWParam>(f);
    wd_field<AdamWParam>(f);
    f.add("eta", &AdamWParam::eta, "Factor of the whole step, decay included.").required();
    clip_field<AdamWParam>(f);
  }
};
}  // namespace
}  // namespace mx

namespace mx::MX_ISA {
template <class T>
struct AdamWStep {
  T lr, beta1, beta2, epsilon, wd, eta, clip, rescale;
  bool usable;
  MX_XPU AdamWStep(const AdamWParam& p, T factor)
      : lr(p.lr),
        beta1(p.beta1),
        beta2(p.beta2),
        epsilon(p.epsilon),
        wd(p.wd),
        eta(p.eta),
        clip(p.clip_gradient),
        rescale(factor),
        usable(factor - factor == T(0) && factor != T(0)) {}
  MX_XPU void operator()(T& weight, T grad, T& mean, T& var) const {
    const T g = clipped(grad, rescale, clip);
    const T m = beta1 * mean + (T(1) - beta1) * g, v = beta2 * var + (T(1) - beta2) * g * g;
    const T w = weight - eta * (lr * m / (sqrt(v) + epsilon) + wd * weight);
    mean = usable ? m : mean, var = usable ? v : var, weight = usable ? w : weight;
  }
};
struct AdamW {
  using Params = AdamWParam;
  static constexpr int kStates = 2, kSingles = 1;
  template <class T>
  using Step = AdamWStep<T>;
};
}  // namespace mx::MX_ISA

MX_KERNELS(_adamw_update, Update<AdamW>, float, double)
MX_KERNELS(_mp_adamw_update, MasterUpdate<AdamW>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
namespace {

template <int kGroup>
struct MultiAdamWParam {
  static constexpr int kInputs = kGroup, kSingles = 1;
  std::vector<double> lrs, wds, etas;
  float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f, clip_gradient = -1;
  int32_t num_weights = 1;
  static void fields(auto& f) {
    f.add("lrs", &MultiAdamWParam::lrs, "The learning rate of each weight.").required();
    beta_fields<MultiAdamWParam>(f);
    f.add("wds", &MultiAdamWParam::wds, "The weight decay of each weight.").required();
    f.add("etas", &MultiAdamWParam::etas, "Factor of the whole step of each weight.").required();
    clip_field<MultiAdamWParam>(f);
    f.add("num_weights", &MultiAdamWParam::num_weights, "How many weights there are.").range(1);
  }
  void check(std::string_view op) const {
    const size_t count = static_cast<size_t>(num_weights);
    MX_CHECK(lrs.size() == count && wds.size() == count && etas.size() == count, kValue, "[", op, "] got ", lrs.size(),
             " lrs, ", wds.size(), " wds and ", etas.size(), " etas for ", count,
             " weights; give one of each for every weight");
  }
  AdamWParam single(size_t i) const {
    return {static_cast<float>(lrs[i]),  beta1,        beta2, epsilon, static_cast<float>(wds[i]),
            static_cast<float>(etas[i]), clip_gradient};
  }
};

}  // namespace

MX_OPERATOR(_adamw_update) {
  update(op, {"mean", "var"}, false, {"rescale_grad"})
      .params<AdamWParam>()
      .describe(
          "g = clip(rescale_grad * grad); mean = beta1 * mean + (1 - beta1) * g; var = beta2 * var + (1 - beta2) * "
          "g^2; "
          "the result is weight - eta * (lr * mean / (sqrt(var) + epsilon) + wd * weight). Where rescale_grad is 0, "
          "infinite or NaN nothing changes.");
}
MX_OPERATOR(_mp_adamw_update) {
  update(op, {"mean", "var", "weight32"}, true, {"rescale_grad"})
      .params<AdamWParam>()
      .describe("_adamw_update on a float32 copy of a half weight; the result is the new weight in half.");
}
MX_OPERATOR(_multi_adamw_update) {
  multi_update<MultiAdamWParam<4>>(op, "_adamw_update", "weight_,grad_,mean_,var_;rescale_grad", false)
      .mutates({2, 3})
      .describe("_adamw_update for many weights: weight, grad, mean, var, weight ... and at the end rescale_grad.");
}
MX_OPERATOR(_multi_mp_adamw_update) {
  multi_update<MultiAdamWParam<5>>(op, "_mp_adamw_update", "weight_,grad_,mean_,var_,weight32_;rescale_grad", true)
      .mutates({2, 3, 4})
      .describe(
          "_mp_adamw_update for many weights: weight, grad, mean, var, weight32, weight ... and at the end "
          "rescale_grad.");
}

}  // namespace mx
#endif
