// FTML: S. Zheng, J. Kwok, "Follow the moving leader in deep learning", 2017.
#include "fields.h"

namespace mx {
namespace {
struct FtmlParam {
  float lr = 0, beta1 = 0.6f, beta2 = 0.999f;
  double epsilon = 1e-8f;
  int32_t t = 0;
  float wd = 0, rescale_grad = 1, clip_grad = -1;
  static void fields(auto& f) {
    lr_field<FtmlParam>(f);
    beta_fields<FtmlParam>(f);
    f.add("t", &FtmlParam::t, "The number of this update, from 1 on.").required();
    wd_field<FtmlParam>(f);
    rescale_field<FtmlParam>(f);
    f.add("clip_grad", &FtmlParam::clip_grad,
          "The rescaled gradient, with the decay, is limited to +- this. Negative: no limit.");
  }
};
// With what is the same for all elements.
struct FtmlUpdate {
  FtmlParam p;
  double scale, correction;  // (1 - beta1^t) / lr, 1 - beta2^t
};
}  // namespace
}  // namespace mx

namespace mx::MX_ISA {
template <class T>
struct FtmlStep {
  T beta1, beta2, epsilon, wd, rescale, clip, scale, correction;
  MX_XPU explicit FtmlStep(const FtmlUpdate& u)
      : beta1(u.p.beta1),
        beta2(u.p.beta2),
        epsilon(u.p.epsilon),
        wd(u.p.wd),
        rescale(u.p.rescale_grad),
        clip(u.p.clip_grad),
        scale(u.scale),
        correction(u.correction) {}
  MX_XPU void operator()(T& weight, T grad, T& d, T& v, T& z) const {
    const T g = clipped(rescale * grad + wd * weight, T(1), clip);
    v = beta2 * v + (T(1) - beta2) * g * g;
    const T next = scale * (sqrt(v / correction) + epsilon);
    z = beta1 * z + (T(1) - beta1) * g - (next - beta1 * d) * weight;
    d = next;
    weight = -z / next;
  }
};
struct Ftml {
  using Params = FtmlUpdate;
  static constexpr int kStates = 3;
  template <class T>
  using Step = FtmlStep<T>;
};
}  // namespace mx::MX_ISA

MX_KERNELS(ftml_update, Update<Ftml>, float, double)

#if defined(MX_PASS_HOST)
#include <cmath>

namespace mx {
MX_OPERATOR(ftml_update) {
  update(op, {"d", "v", "z"})
      .params<FtmlParam>()
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<FtmlParam>();
        MX_CHECK(p.t >= 1, kValue, "[ftml_update] t is ", p.t, "; it counts the updates of the weight from 1 on");
        const FtmlUpdate u{p, (1 - std::pow(double{p.beta1}, p.t)) / p.lr, 1 - std::pow(double{p.beta2}, p.t)};
        run_update(ctx, &u);
      })
      .describe(
          "g = clip(rescale_grad * grad + wd * weight); v = beta2 * v + (1 - beta2) * g^2; "
          "d' = (1 - beta1^t) / lr * (sqrt(v / (1 - beta2^t)) + epsilon); "
          "z = beta1 * z + (1 - beta1) * g - (d' - beta1 * d) * weight; d = d'; the result is -z / d.");
}
}  // namespace mx
#endif
