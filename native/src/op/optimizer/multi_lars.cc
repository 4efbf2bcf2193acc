// LARS: Y. You et al., "Large batch training of convolutional networks", 2017.
#include "fields.h"

namespace mx {
namespace {
struct LarsParam {
  float eta = 0, eps = 0, rescale_grad = 1;
  static void fields(auto& f) {
    f.add("eta", &LarsParam::eta, "Factor of the norm of the weights.").required();
    f.add("eps", &LarsParam::eps, "Keeps the divisor away from 0.").required();
    f.add("rescale_grad", &LarsParam::rescale_grad, "Factor of the gradients.");
  }
};
}  // namespace
}  // namespace mx

namespace mx::MX_ISA {
struct Lars {
  float eta, eps, rescale;
  MX_INLINE explicit Lars(const LoopArgs& args)
      : eta(static_cast<const LarsParam*>(args.params)->eta),
        eps(static_cast<const LarsParam*>(args.params)->eps),
        rescale(static_cast<const LarsParam*>(args.params)->rescale_grad) {}
  template <class T>
  MX_XPU T operator()(T lr, T weight_square, T grad_square, T wd) const {
    const T weight = sqrt(weight_square), grad = sqrt(grad_square) * T(rescale);
    const T factor = T(eta) * weight / (grad + wd * weight + T(eps));
    return weight_square > T(0) && grad_square > T(0) ? lr * factor : lr;
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(multi_lars, Elementwise<Lars>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(multi_lars) {
  op.input("lrs", "The learning rate of each weight.")
      .input("weights_sum_sq", "The sum of the squares of each weight.")
      .input("grads_sum_sq", "The sum of the squares of each gradient.")
      .input("wds", "The weight decay of each weight.")
      .params<LarsParam>()
      .infer_shape(same_shape)
      .inplace(0, 0)
      .no_gradient()
      .portable_forward(
          [](const OpContext& ctx) { run_elementwise(get_kernel("multi_lars"), ctx.in, ctx.out, ctx.params); })
      .describe(
          "Learning rates for weights of different sizes: lr * eta * abs(weight) / (abs(rescale_grad * grad) + wd * "
          "abs(weight) "
          "+ eps), or lr where a norm is 0.");
}
}  // namespace mx
#endif
