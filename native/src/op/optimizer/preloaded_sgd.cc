// Stochastic gradient descent for many weights, with learning rates and weight decays in arrays.
#include "fields.h"
#include "sgd.h"

namespace mx {
namespace {
struct PreloadedSgd {
  float momentum, rescale_grad, clip_gradient;
};
}  // namespace
}  // namespace mx

namespace mx::MX_ISA {
template <int kCount>
struct PreloadedSgdRule {
  using Params = PreloadedSgd;
  static constexpr int kStates = kCount, kSingles = 2;
  template <class T>
  using Step = SgdStep<T>;
};
}  // namespace mx::MX_ISA

MX_KERNELS(preloaded_sgd, Update<PreloadedSgdRule<0>>, float, double)
MX_KERNELS(preloaded_sgd_mom, Update<PreloadedSgdRule<1>>, float, double)
MX_KERNELS(preloaded_mp_sgd, MasterUpdate<PreloadedSgdRule<0>>, float, double)
MX_KERNELS(preloaded_mp_sgd_mom, MasterUpdate<PreloadedSgdRule<1>>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
namespace {

template <int kGroup, bool kMomentum>
struct PreloadedSgdParam {
  static constexpr int kInputs = kGroup, kSingles = 2;
  float momentum = 0, rescale_grad = 1, clip_gradient = -1;
  int32_t num_weights = 1;
  static void fields(auto& f) {
    using P = PreloadedSgdParam;
    if constexpr (kMomentum) f.add("momentum", &P::momentum, "How much of the last step is kept.");
    rescale_field<P>(f);
    clip_field<P>(f);
    f.add("num_weights", &P::num_weights, "How many weights there are.").range(1);
  }
  void check(std::string_view) const {}
  PreloadedSgd single(size_t) const { return {momentum, rescale_grad, clip_gradient}; }
};

}  // namespace

MX_OPERATOR(preloaded_multi_sgd_update) {
  multi_update<PreloadedSgdParam<2, false>>(op, "preloaded_sgd", "weight_,grad_;lrs,wds", false)
      .describe("multi_sgd_update with arrays of learning rates and weight decays: weight, grad, weight ... lrs, wds.");
}
MX_OPERATOR(preloaded_multi_sgd_mom_update) {
  multi_update<PreloadedSgdParam<3, true>>(op, "preloaded_sgd_mom", "weight_,grad_,mom_;lrs,wds", false)
      .mutates({2})
      .describe(
          "multi_sgd_mom_update with arrays of learning rates and weight decays: weight, grad, mom, weight ... lrs, "
          "wds.");
}
MX_OPERATOR(preloaded_multi_mp_sgd_update) {
  multi_update<PreloadedSgdParam<3, false>>(op, "preloaded_mp_sgd", "weight_,grad_,weight32_;lrs,wds", true)
      .mutates({2})
      .describe(
          "multi_mp_sgd_update with arrays of learning rates and weight decays: weight, grad, weight32, weight ... "
          "lrs, wds.");
}
MX_OPERATOR(preloaded_multi_mp_sgd_mom_update) {
  multi_update<PreloadedSgdParam<4, true>>(op, "preloaded_mp_sgd_mom", "weight_,grad_,mom_,weight32_;lrs,wds", true)
      .mutates({2, 3})
      .describe(
          "multi_mp_sgd_mom_update with arrays of learning rates and weight decays: weight, grad, mom, weight32, "
          "weight ... lrs, wds.");
}

}  // namespace mx
#endif
