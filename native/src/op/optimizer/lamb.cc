// LAMB: Y. You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", 2020.
#include "lamb.h"

namespace mx::MX_ISA {
// The first array becomes the direction of the step.
template <class T>
struct LambDirectionStep {
  T beta1, beta2, epsilon, wd, rescale, clip, mean_correction, var_correction;
  MX_XPU explicit LambDirectionStep(const LambDirection& d)
      : beta1(d.p.beta1),
        beta2(d.p.beta2),
        epsilon(d.p.epsilon),
        wd(d.p.wd),
        rescale(d.p.rescale_grad),
        clip(d.p.clip_gradient),
        mean_correction(d.mean_correction),
        var_correction(d.var_correction) {}
  MX_XPU void operator()(T& weight, T grad, T& mean, T& var) const {
    const T g = clipped(grad, rescale, clip);
    mean = beta1 * mean + (T(1) - beta1) * g;
    var = beta2 * var + (T(1) - beta2) * g * g;
    weight = mean / mean_correction / (sqrt(var / var_correction) + epsilon) + wd * weight;
  }
};
struct LambDirectionRule {
  using Params = LambDirection;
  static constexpr int kStates = 2;
  template <class T>
  using Step = LambDirectionStep<T>;
};

template <class T>
struct LambStep {
  T rate;
  MX_XPU LambStep(const LambStepParam& p, T weight_norm, T direction_norm) {
    T r = weight_norm;
    if (p.lower_bound >= 0 && r < T(p.lower_bound)) r = T(p.lower_bound);
    if (p.upper_bound >= 0 && r > T(p.upper_bound)) r = T(p.upper_bound);
    rate = r == T(0) || direction_norm == T(0) ? T(p.lr) : T(p.lr) * r / direction_norm;
  }
  MX_XPU void operator()(T& weight, T direction) const { weight = weight - rate * direction; }
};
struct LambStepRule {
  using Params = LambStepParam;
  static constexpr int kStates = 0, kSingles = 2;
  template <class T>
  using Step = LambStep<T>;
};
}  // namespace mx::MX_ISA

MX_KERNELS(lamb_update_phase1, Update<LambDirectionRule>, float, double)
MX_KERNELS(lamb_update_phase2, Update<LambStepRule>, float, double)
MX_KERNELS(mp_lamb_update_phase2, MasterUpdate<LambStepRule>, float, double)

#if defined(MX_PASS_HOST)
#include <cmath>

namespace mx {

LambDirection lamb_direction(const LambParam& p, std::string_view op) {
  if (!p.bias_correction) return {p};
  MX_CHECK(p.t >= 1, kValue, "[", op, "] the number of the update is ", p.t, "; it counts from 1 on");
  return {p, 1 - std::pow(double{p.beta1}, p.t), 1 - std::pow(double{p.beta2}, p.t)};
}

MX_OPERATOR(lamb_update_phase1) {
  update(op, {"mean", "var"})
      .params<LambParam>()
      .portable_forward([](const OpContext& ctx) {
        const LambDirection direction = lamb_direction(ctx.as<LambParam>(), ctx.op.name);
        run_update(ctx, &direction);
      })
      .describe(
          "g = clip(rescale_grad * grad); mean = beta1 * mean + (1 - beta1) * g; var = beta2 * var + (1 - beta2) * "
          "g^2; "
          "the result is mean' / (sqrt(var') + epsilon) + wd * weight with mean' = mean / (1 - beta1^t) and "
          "var' = var / (1 - beta2^t): the direction for phase 2.");
}
MX_OPERATOR(mp_lamb_update_phase1) {
  op.input("weight", "The half weight; only its shape and dtype count.")
      .input("grad", "Its gradient.")
      .input("mean", "A state; changed in place.")
      .input("var", "A state; changed in place.")
      .input("weight32", "The float32 weight.")
      .mutates({2, 3})
      .params<LambParam>()
      .no_gradient()
      .infer_shape(same_shape)
      .infer_dtype([](const InferDType& t) {
        t.set_input(1, t.in[0]);
        t.set_input(0, t.in[1]);
        for (size_t i = 2; i < 5; ++i) t.set_input(i, DType::kFloat32);
        t.set_output(0, DType::kFloat32);
      })
      .reads([](const void*, size_t input) { return input != 0; })
      .portable_forward([](const OpContext& ctx) {
        const LambDirection direction = lamb_direction(ctx.as<LambParam>(), ctx.op.name);
        const Tensor in[] = {ctx.in[4], ctx.in[1], ctx.in[2], ctx.in[3]}, out[] = {ctx.out[0], ctx.in[2], ctx.in[3]};
        run_elementwise(get_kernel("lamb_update_phase1"), in, out, &direction);
      })
      .describe("lamb_update_phase1 on a float32 copy of a half weight; the direction is float32.");
}
MX_OPERATOR(lamb_update_phase2) {
  op.input("weight", "The weight.")
      .input("g", "The direction from phase 1.")
      .input("r1", "The norm of the weight, an array of one value.")
      .input("r2", "The norm of the direction, an array of one value.")
      .params<LambStepParam>()
      .no_gradient()
      .inplace(0, 0)
      .infer_shape([](const InferShape& s) {
        s.same(0, 0);
        s.same(1, 0);
        s.same(0, 0);
        for (size_t i = 2; i < 4; ++i) s.set_input(i, Shape{1});
      })
      .portable_forward(
          [](const OpContext& ctx) { run_elementwise(get_kernel("lamb_update_phase2"), ctx.in, ctx.out, ctx.params); })
      .describe("weight - lr * r1 / r2 * g, with r1 limited to the bounds; weight - lr * g where a norm is 0.");
}
MX_OPERATOR(mp_lamb_update_phase2) {
  op.input("weight", "The half weight.")
      .input("g", "The direction from phase 1.")
      .input("r1", "The norm of the weight, an array of one value.")
      .input("r2", "The norm of the direction, an array of one value.")
      .input("weight32", "The float32 weight; changed in place.")
      .mutates({4})
      .params<LambStepParam>()
      .no_gradient()
      .inplace(0, 0)
      .infer_shape([](const InferShape& s) {
        for (int pass = 0; pass < 2; ++pass)
          for (size_t i : {0, 1, 4}) s.same(i, 0);
        for (size_t i = 2; i < 4; ++i) s.set_input(i, Shape{1});
      })
      .infer_dtype([](const InferDType& t) {
        t.set_output(0, t.in[0]);
        t.set_input(0, t.out[0]);
        for (size_t i = 1; i < 5; ++i) t.set_input(i, DType::kFloat32);
      })
      .portable_forward([](const OpContext& ctx) {
        const Tensor in[] = {ctx.in[0], ctx.in[1], ctx.in[4], ctx.in[2], ctx.in[3]}, out[] = {ctx.out[0], ctx.in[4]};
        run_elementwise(get_kernel("mp_lamb_update_phase2"), in, out, ctx.params);
      })
      .describe("lamb_update_phase2 on a float32 copy of a half weight; the result is the new weight in half.");
}

}  // namespace mx
#endif
