// Stochastic gradient descent with Nesterov's momentum.
#include "fields.h"

namespace mx {
namespace {
struct NagParam {
  float lr = 0, momentum = 0, wd = 0, rescale_grad = 1, clip_gradient = -1;
  static void fields(auto& f) {
    lr_field<NagParam>(f);
    f.add("momentum", &NagParam::momentum, "How much of the last step is kept.");
    wd_field<NagParam>(f);
    rescale_field<NagParam>(f);
    clip_field<NagParam>(f);
  }
};
// MXNet computes `mom` last. So the weight in it is the old one or, where the result is written to the weight, the new.
struct NagUpdate {
  NagParam p;
  bool in_place;
};
}  // namespace
}  // namespace mx

namespace mx::MX_ISA {
template <class T>
struct NagStep {
  T lr, momentum, wd, rescale, clip, late;
  MX_XPU explicit NagStep(const NagUpdate& u)
      : lr(u.p.lr),
        momentum(u.p.momentum),
        wd(u.p.wd),
        rescale(u.p.rescale_grad),
        clip(u.p.clip_gradient),
        late(u.in_place ? u.p.wd * u.p.lr : 0) {}
  MX_XPU void operator()(T& weight, T grad, T& mom) const {
    const T step = lr * (clipped(grad, rescale, clip) + wd * weight);
    mom = momentum * mom - step;
    const T move = momentum * mom - step;
    weight = weight + move;
    mom = mom - late * move;
  }
};
struct Nag {
  using Params = NagUpdate;
  static constexpr int kStates = 1;
  template <class T>
  using Step = NagStep<T>;
};
}  // namespace mx::MX_ISA

MX_KERNELS(nag_mom_update, Update<Nag>, float, double)
MX_KERNELS(mp_nag_mom_update, MasterUpdate<Nag>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
namespace {
void forward(const OpContext& ctx) {
  const NagUpdate u{ctx.as<NagParam>(), ctx.in.size() == 4 || ctx.in[0].data == ctx.out[0].data};
  run_update(ctx, &u);
}
}  // namespace

MX_OPERATOR(nag_mom_update) {
  update(op, {"mom"})
      .params<NagParam>()
      .portable_forward(forward)
      .describe(
          "step = lr * (clip(rescale_grad * grad) + wd * weight); mom = momentum * mom - step; the result is "
          "weight + momentum * mom - step.");
}
MX_OPERATOR(mp_nag_mom_update) {
  update(op, {"mom", "weight32"}, true)
      .params<NagParam>()
      .portable_forward(forward)
      .describe("nag_mom_update on a float32 copy of a half weight; the result is the new weight in half.");
}
}  // namespace mx
#endif
