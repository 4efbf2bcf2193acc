// AdaGrad: J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic
// optimization", 2011; and its form with one history for each row.
#include "fields.h"
#include "mx/op/reduce.h"

namespace mx {
namespace {
struct AdagradParam {
  float lr = 0, epsilon = 1e-7f, wd = 0, rescale_grad = 1, clip_gradient = -1;
  static void fields(auto& f) {
    lr_field<AdagradParam>(f);
    f.add("epsilon", &AdagradParam::epsilon, "Keeps the divisor away from 0.");
    wd_field<AdagradParam>(f);
    rescale_field<AdagradParam>(f);
    clip_field<AdagradParam>(f);
  }
};
struct GroupAdagradParam {
  float lr = 0, rescale_grad = 1, clip_gradient = -1, epsilon = 1e-5f;
  static void fields(auto& f) {
    lr_field<GroupAdagradParam>(f);
    rescale_field<GroupAdagradParam>(f);
    clip_field<GroupAdagradParam>(f);
    f.add("epsilon", &GroupAdagradParam::epsilon, "Keeps the divisor away from 0.");
  }
};
}  // namespace
}  // namespace mx

namespace mx::MX_ISA {
template <class T>
struct AdagradStep {
  T lr, epsilon, wd, rescale, clip;
  MX_XPU explicit AdagradStep(const AdagradParam& p)
      : lr(p.lr), epsilon(p.epsilon), wd(p.wd), rescale(p.rescale_grad), clip(p.clip_gradient) {}
  MX_XPU void operator()(T& weight, T grad, T& history) const {
    const T g = clipped(grad, rescale, clip);
    history = history + g * g;
    weight = weight - lr * (g / sqrt(history + epsilon) + wd * weight);
  }
};
struct Adagrad {
  using Params = AdagradParam;
  static constexpr int kStates = 1;
  template <class T>
  using Step = AdagradStep<T>;
};

struct GroupAdagrad {
  float lr, rescale, clip, epsilon;
  MX_INLINE explicit GroupAdagrad(const LoopArgs& args)
      : lr(static_cast<const GroupAdagradParam*>(args.params)->lr),
        rescale(static_cast<const GroupAdagradParam*>(args.params)->rescale_grad),
        clip(static_cast<const GroupAdagradParam*>(args.params)->clip_gradient),
        epsilon(static_cast<const GroupAdagradParam*>(args.params)->epsilon) {}
  template <class T>
  MX_XPU T operator()(T weight, T grad, T history) const {
    return weight - T(lr) * clipped(grad, T(rescale), T(clip)) / sqrt(history + T(epsilon));
  }
};
// The mean of the squares of the gradient over a row.
struct RowSquare : GroupAdagrad {
  using GroupAdagrad::GroupAdagrad;
  template <class T>
  MX_XPU static T identity() {
    return T(0);
  }
  template <class T>
  MX_XPU T map(T x) const {
    const T g = clipped(x, T(rescale), T(clip));
    return g * g;
  }
  template <class T>
  MX_XPU T combine(T a, T b) const {
    return a + b;
  }
  template <class T>
  MX_XPU T finish(T sum, int64_t n) const {
    return sum / T(n);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(_sparse_adagrad_update, Update<Adagrad>, float, double)
MX_KERNELS(group_adagrad_weight, Elementwise<GroupAdagrad>, float, double)
MX_KERNELS(group_adagrad_history, Reduce<RowSquare>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {

MX_OPERATOR(_sparse_adagrad_update) {
  update(op, {"history"})
      .params<AdagradParam>()
      .describe(
          "g = clip(rescale_grad * grad); history = history + g^2; the result is "
          "weight - lr * (g / sqrt(history + epsilon) + wd * weight).");
}

MX_OPERATOR(_contrib_group_adagrad_update) {
  op.input("weight", "The weight.")
      .input("grad", "Its gradient.")
      .input("history", "A state of one number for each row, (rows, 1); changed in place.")
      .mutates({2})
      .params<GroupAdagradParam>()
      .no_gradient()
      .inplace(0, 0)
      .infer_shape([](const InferShape& s) {
        for (int pass = 0; pass < 2; ++pass)
          for (size_t i : {0, 1}) s.same(i, 0);
        if (s.out[0].rank_known() && s.out[0].ndim > 0) s.set_input(2, Shape{s.out[0][0], 1});
      })
      .portable_forward([](const OpContext& ctx) {
        const Tensor &weight = ctx.in[0], &grad = ctx.in[1], &history = ctx.in[2];
        const unsigned axes = ~1u & ((1u << weight.shape.ndim) - 1);
        const Tensor row{ctx.workspace(history.bytes()), history.shape, history.dtype};
        run_reduce(ctx, get_kernel("group_adagrad_history"), grad, row, axes);
        const Tensor sum[] = {history, row};
        run_elementwise(get_kernel("add"), sum, std::span(&history, 1));
        const Tensor in[] = {weight, grad, keep_axes(history, weight.shape, axes)};
        run_elementwise(get_kernel("group_adagrad_weight"), in, ctx.out, ctx.params);
      })
      .describe(
          "g = clip(rescale_grad * grad); history = history + the mean of g^2 over each row; the result is "
          "weight - lr * g / sqrt(history + epsilon).");
}

}  // namespace mx
#endif
