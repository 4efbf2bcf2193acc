// FTRL: B. McMahan et al., "Ad click prediction: a view from the trenches", 2013.
#include "fields.h"

namespace mx {
namespace {
struct FtrlParam {
  float lr = 0, lamda1 = 0.01f, beta = 1, wd = 0, rescale_grad = 1, clip_gradient = -1;
  static void fields(auto& f) {
    lr_field<FtrlParam>(f);
    f.add("lamda1", &FtrlParam::lamda1, "Weights are 0 while abs(z) is not greater than this.");
    f.add("beta", &FtrlParam::beta, "Added to the root of n.");
    wd_field<FtrlParam>(f);
    rescale_field<FtrlParam>(f);
    clip_field<FtrlParam>(f);
  }
};
}  // namespace
}  // namespace mx

namespace mx::MX_ISA {
template <class T>
struct FtrlStep {
  T lr, lamda1, beta, wd, rescale, clip;
  MX_XPU explicit FtrlStep(const FtrlParam& p)
      : lr(p.lr), lamda1(p.lamda1), beta(p.beta), wd(p.wd), rescale(p.rescale_grad), clip(p.clip_gradient) {}
  MX_XPU void operator()(T& weight, T grad, T& z, T& n) const {
    const T g = clipped(grad, rescale, clip), square = n + g * g, root = sqrt(square);
    z = z + g - (root - sqrt(n)) * weight / lr;
    n = square;
    const T distance = lamda1 - abs(z);
    weight = distance < T(0) ? copysign(distance, z) / -((beta + root) / lr + wd) : T(0);
  }
};
struct Ftrl {
  using Params = FtrlParam;
  static constexpr int kStates = 2;
  template <class T>
  using Step = FtrlStep<T>;
};
}  // namespace mx::MX_ISA

MX_KERNELS(ftrl_update, Update<Ftrl>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(ftrl_update) {
  update(op, {"z", "n"})
      .alias("_sparse_ftrl_update")
      .params<FtrlParam>()
      .describe(
          "g = clip(rescale_grad * grad); z = z + g - (sqrt(n + g^2) - sqrt(n)) * weight / lr; n = n + g^2; the result "
          "is (sign(z) * lamda1 - z) / ((beta + sqrt(n)) / lr + wd) where abs(z) > lamda1, else 0.");
}
}  // namespace mx
#endif
