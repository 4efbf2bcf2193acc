// LAMB for many weights in one call: both phases, with the norms between them.
#include <array>

#include "lamb.h"
#include "mx/op/reduce.h"

namespace mx {
namespace {

template <int kGroup>
struct MultiLambParam {
  static constexpr int kInputs = kGroup;
  std::vector<double> learning_rates, wds;
  float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-6f, rescale_grad = 1, lower_bound = -1, upper_bound = -1,
        clip_gradient = -1;
  bool bias_correction = true;
  Shape step_count;
  int32_t num_weights = 1;
  static void fields(auto& f) {
    using P = MultiLambParam;
    f.add("learning_rates", &P::learning_rates, "The learning rate of each weight.").required();
    beta_fields<P>(f);
    f.add("wds", &P::wds, "The weight decay of each weight.").required();
    rescale_field<P>(f);
    f.add("lower_bound", &P::lower_bound, "The norm of a weight counts as this at least. Negative: no bound.");
    f.add("upper_bound", &P::upper_bound, "The norm of a weight counts as this at most. Negative: no bound.");
    clip_field<P>(f);
    f.add("bias_correction", &P::bias_correction, "Divide mean and var by 1 - beta^t.");
    f.add("step_count", &P::step_count, "The number t of this update, from 1 on, of each weight.").required();
    f.add("num_tensors", &P::num_weights, "How many weights there are.").range(1);
  }
};

// Weight i of the operator's inputs as phase 1 and 2 see it.
struct LambWeight {
  LambDirection direction;
  LambStepParam step;
  std::array<Tensor, 4> in1;
  std::array<Tensor, 3> out1;
  std::array<Tensor, 5> in2;
  std::array<Tensor, 2> out2;
};

template <bool kMaster>
void forward(const OpContext& ctx) {
  constexpr size_t group = kMaster ? 5 : 4;
  const auto& p = ctx.as<MultiLambParam<group>>();
  const size_t count = ctx.out.size();
  MX_CHECK(p.learning_rates.size() == count && p.wds.size() == count && p.step_count.ndim == static_cast<int>(count),
           kValue, "[", ctx.op.name, "] got ", p.learning_rates.size(), " learning_rates, ", p.wds.size(), " wds and ",
           p.step_count.ndim, " step_count for ", count, " weights; give one of each for every weight");
  std::vector<LambWeight> weights(count);
  std::vector<ElementwiseCall> first, second;
  for (size_t i = 0; i < count; ++i) {
    const auto in = ctx.in.subspan(i * group, group);
    LambWeight& w = weights[i];
    w.direction = lamb_direction({p.beta1, p.beta2, p.epsilon, static_cast<int32_t>(p.step_count[static_cast<int>(i)]),
                                  p.bias_correction, static_cast<float>(p.wds[i]), p.rescale_grad, p.clip_gradient},
                                 ctx.op.name);
    w.step = {static_cast<float>(p.learning_rates[i]), p.lower_bound, p.upper_bound};
    const Tensor& weight = in[kMaster ? 4 : 0];
    const DType lane = weight.dtype == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
    const Tensor step{ctx.workspace(static_cast<size_t>(weight.size()) * size_of(lane)), weight.shape, lane};
    const Tensor norm1{ctx.workspace(size_of(lane)), Shape{1}, lane},
        norm2{ctx.workspace(size_of(lane)), Shape{1}, lane};
    w.in1 = {weight, in[1], in[2], in[3]};
    w.out1 = {step, in[2], in[3]};
    if constexpr (kMaster)
      w.in2 = {in[0], step, weight, norm1, norm2};
    else
      w.in2 = {weight, step, norm1, norm2};
    w.out2 = {ctx.out[i], weight};
    first.push_back({w.in1, w.out1, &w.direction});
    second.push_back({std::span(w.in2).first(group), std::span(w.out2).first(kMaster ? 2 : 1), &w.step});
  }
  run_elementwise(get_kernel("lamb_update_phase1"), first);
  const Kernel& norm = get_kernel("norm2");
  for (const LambWeight& w : weights) {
    run_reduce(ctx, norm, w.in2[0], w.in2[group - 2], ~0u);  // the half weight, where there are two
    run_reduce(ctx, norm, w.out1[0], w.in2[group - 1], ~0u);
  }
  run_elementwise(get_kernel(kMaster ? "mp_lamb_update_phase2" : "lamb_update_phase2"), second);
}

template <bool kMaster>
OpDef& multi_lamb(OpDef& op) {
  using P = MultiLambParam<kMaster ? 5 : 4>;
  describe_multi_update(op, "lamb_update_phase1",
                        kMaster ? "weight_,grad_,mean_,var_,weight32_" : "weight_,grad_,mean_,var_", kMaster,
                        "num_tensors");
  return op.params<P>()
      .num_inputs([](const void* p) { return P::kInputs * static_cast<const P*>(p)->num_weights; })
      .num_outputs([](const void* p) { return static_cast<int>(static_cast<const P*>(p)->num_weights); })
      .groups(P::kInputs)
      .portable_forward(forward<kMaster>);
}

}  // namespace

MX_OPERATOR(_multi_lamb_update) {
  multi_lamb<false>(op).mutates({2, 3}).describe("LAMB for many weights: weight, grad, mean, var, weight ...");
}
MX_OPERATOR(_multi_mp_lamb_update) {
  multi_lamb<true>(op).mutates({2, 3, 4}).describe(
      "LAMB for many half weights with float32 copies: weight, grad, mean, var, weight32, weight ...");
}

}  // namespace mx
