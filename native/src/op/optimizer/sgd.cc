// Stochastic gradient descent.
#include "sgd.h"

namespace mx {
namespace {
struct SgdParam {
  float lr = 0, momentum = 0, wd = 0, rescale_grad = 1, clip_gradient = -1;
  bool lazy_update = true;
  static void fields(auto& f) { add<SgdParam>(f); }

 protected:
  // P is this struct or the one with momentum.
  template <class P>
  static void add(auto& f) {
    const auto of = []<class T>(T SgdParam::* member) -> T P::* { return member; };
    f.add("lr", of(&SgdParam::lr), "The learning rate.").required();
    if constexpr (!std::is_same_v<P, SgdParam>)
      f.add("momentum", of(&SgdParam::momentum), "How much of the last step is kept.");
    f.add("wd", of(&SgdParam::wd), "The weight decay, added to the gradient as wd * weight.");
    f.add("rescale_grad", of(&SgdParam::rescale_grad), "Factor of the gradient.");
    f.add("clip_gradient", of(&SgdParam::clip_gradient),
          "The rescaled gradient is limited to +- this. Negative: no limit.");
    f.add("lazy_update", of(&SgdParam::lazy_update), "Only matters for sparse gradients.");
  }
};
struct SgdMomParam : SgdParam {
  static void fields(auto& f) { add<SgdMomParam>(f); }
};
}  // namespace
}  // namespace mx

namespace mx::MX_ISA {

template <int kCount>
struct Sgd {
  using Params = SgdParam;
  static constexpr int kStates = kCount;
  template <class T>
  using Step = SgdStep<T>;
};

}  // namespace mx::MX_ISA

MX_KERNELS(sgd_update, Update<Sgd<0>>, float, double)
MX_KERNELS(mp_sgd_update, MasterUpdate<Sgd<0>>, float, double)
MX_KERNELS(sgd_mom_update, Update<Sgd<1>>, float, double)
MX_KERNELS(mp_sgd_mom_update, MasterUpdate<Sgd<1>>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
namespace {

template <int kGroup, bool kMomentum>
struct MultiSgdParam {
  static constexpr int kInputs = kGroup;
  std::vector<double> lrs, wds;
  float momentum = 0, rescale_grad = 1, clip_gradient = -1;
  int32_t num_weights = 1;
  static void fields(auto& f) {
    f.add("lrs", &MultiSgdParam::lrs, "The learning rate of each weight.").required();
    f.add("wds", &MultiSgdParam::wds, "The weight decay of each weight, added to its gradient as wd * weight.")
        .required();
    if constexpr (kMomentum) f.add("momentum", &MultiSgdParam::momentum, "How much of the last step is kept.");
    f.add("rescale_grad", &MultiSgdParam::rescale_grad, "Factor of the gradients.");
    f.add("clip_gradient", &MultiSgdParam::clip_gradient,
          "The rescaled gradients are limited to +- this. Negative: no limit.");
    f.add("num_weights", &MultiSgdParam::num_weights, "How many weights there are.").range(1);
  }
  void check(std::string_view op) const {
    const size_t count = static_cast<size_t>(num_weights);
    MX_CHECK(lrs.size() == count && wds.size() == count, kValue, "[", op, "] got ", lrs.size(), " lrs and ", wds.size(),
             " wds for ", count, " weights; give one of each for every weight");
  }
  SgdParam single(size_t i) const {
    return {static_cast<float>(lrs[i]), momentum, static_cast<float>(wds[i]), rescale_grad, clip_gradient};
  }
};

}  // namespace

MX_OPERATOR(sgd_update) {
  update(op, {}).params<SgdParam>().describe(
      "weight - lr * (clip(rescale_grad * grad) + wd * weight). Write it to the weight with out=weight.");
}
MX_OPERATOR(sgd_mom_update) {
  update(op, {"mom"})
      .params<SgdMomParam>()
      .describe("mom = momentum * mom - lr * (clip(rescale_grad * grad) + wd * weight); the result is weight + mom.");
}
MX_OPERATOR(mp_sgd_update) {
  update(op, {"weight32"}, true)
      .params<SgdParam>()
      .describe("sgd_update on a float32 copy of a half weight; the result is the new weight in half.");
}
MX_OPERATOR(mp_sgd_mom_update) {
  update(op, {"mom", "weight32"}, true)
      .params<SgdMomParam>()
      .describe("sgd_mom_update on a float32 copy of a half weight; the result is the new weight in half.");
}
MX_OPERATOR(multi_sgd_update) {
  multi_update<MultiSgdParam<2, false>>(op, "sgd_update", "weight_,grad_", false)
      .describe("sgd_update for many weights: weight, grad, weight, grad ...");
}
MX_OPERATOR(multi_sgd_mom_update) {
  multi_update<MultiSgdParam<3, true>>(op, "sgd_mom_update", "weight_,grad_,mom_", false)
      .mutates({2})
      .describe("sgd_mom_update for many weights: weight, grad, mom, weight ...");
}
MX_OPERATOR(multi_mp_sgd_update) {
  multi_update<MultiSgdParam<3, false>>(op, "mp_sgd_update", "weight_,grad_,weight32_", true)
      .mutates({2})
      .describe("mp_sgd_update for many weights: weight, grad, weight32, weight ...");
}
MX_OPERATOR(multi_mp_sgd_mom_update) {
  multi_update<MultiSgdParam<4, true>>(op, "mp_sgd_mom_update", "weight_,grad_,mom_,weight32_", true)
      .mutates({2, 3})
      .describe("mp_sgd_mom_update for many weights: weight, grad, mom, weight32, weight ...");
}

}  // namespace mx
#endif
