// Stochastic gradient descent: one pass over the memory per update. The mp_ forms keep a float32 copy of a half weight.
#include "mx/op/elementwise.h"

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

template <class T>
struct Step {
  T lr, momentum, wd, rescale, clip;
  bool clips;
  MX_INLINE explicit Step(const LoopArgs& args) {
    const SgdParam& p = *static_cast<const SgdParam*>(args.params);
    lr = p.lr, momentum = p.momentum, wd = p.wd, rescale = p.rescale_grad, clip = p.clip_gradient, clips = clip >= T(0);
  }
  MX_INLINE T gradient(T grad, T weight) const {
    T g = rescale * grad;
    const T above = g < -clip ? -clip : g;
    g = clips ? (above > clip ? clip : above) : g;
    return g + wd * weight;
  }
};

// in: weight, grad [, weight32]; out: weight [, weight32]
template <bool kMaster>
struct Sgd {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const Step<T> step(args);
    const T* const w = static_cast<const T*>(in[kMaster ? 2 : 0]);
    const T* const g = static_cast<const T*>(in[1]);
    T* const y = static_cast<T*>(out[0]);
    T* const master = static_cast<T*>(out[kMaster ? 1 : 0]);
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) {
      const T value = w[i] - step.lr * step.gradient(g[i], w[i]);
      y[i] = value;
      if constexpr (kMaster) master[i] = value;
    }
  }
};
// in: weight, grad, mom [, weight32]; out: weight, mom [, weight32]
template <bool kMaster>
struct SgdMom {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const Step<T> step(args);
    const T* const w = static_cast<const T*>(in[kMaster ? 3 : 0]);
    const T* const g = static_cast<const T*>(in[1]);
    const T* const m = static_cast<const T*>(in[2]);
    T* const y = static_cast<T*>(out[0]);
    T* const mom = static_cast<T*>(out[1]);
    T* const master = static_cast<T*>(out[kMaster ? 2 : 0]);
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) {
      const T move = step.momentum * m[i] - step.lr * step.gradient(g[i], w[i]);
      const T value = w[i] + move;
      mom[i] = move;
      y[i] = value;
      if constexpr (kMaster) master[i] = value;
    }
  }
};

}  // namespace mx::MX_ISA

MX_KERNELS(sgd_update, Sgd<false>, float, double)
MX_KERNELS(mp_sgd_update, Sgd<true>, float, double)
MX_KERNELS(sgd_mom_update, SgdMom<false>, float, double)
MX_KERNELS(mp_sgd_mom_update, SgdMom<true>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
namespace {

// Inputs from the third on are states, which are written in place.
void forward_update(const OpContext& ctx) {
  Tensor out[4];
  size_t count = 0;
  out[count++] = ctx.out[0];
  for (const Tensor& state : ctx.in.subspan(2)) out[count++] = state;
  run_elementwise(*static_cast<const Kernel*>(ctx.op.block_data), ctx.in, std::span(out, count), ctx.params);
}

OpDef& update(OpDef& op) {
  return op.input("weight", "The weight.")
      .input("grad", "Its gradient.")
      .infer_shape(same_shape)
      .inplace(0, 0)
      .data(&get_kernel(op.name.c_str()))
      .forward(forward_update)
      .no_gradient();
}

// Weight, gradient and result have one dtype; states are float32.
void master_dtypes(const InferDType& t) {
  t.set_output(0, t.in[0]);
  t.set_input(0, t.out[0]);
  t.set_input(1, t.in[0]);
  for (size_t i = 2; i < t.in.size(); ++i) t.set_input(i, DType::kFloat32);
}

}  // namespace

MX_OPERATOR(sgd_update) {
  update(op).params<SgdParam>().describe(
      "weight - lr * (clip(rescale_grad * grad) + wd * weight). Write it to the weight with out=weight.");
}
MX_OPERATOR(sgd_mom_update) {
  update(op)
      .input("mom", "The momentum; changed in place.")
      .mutates({2})
      .params<SgdMomParam>()
      .describe("mom = momentum * mom - lr * (clip(rescale_grad * grad) + wd * weight); the result is weight + mom.");
}
MX_OPERATOR(mp_sgd_update) {
  update(op)
      .input("weight32", "The float32 weight; changed in place.")
      .mutates({2})
      .params<SgdParam>()
      .infer_dtype(master_dtypes)
      .describe("sgd_update on a float32 copy of a half weight; the result is the new weight in half.");
}
MX_OPERATOR(mp_sgd_mom_update) {
  update(op)
      .input("mom", "The float32 momentum; changed in place.")
      .input("weight32", "The float32 weight; changed in place.")
      .mutates({2, 3})
      .params<SgdMomParam>()
      .infer_dtype(master_dtypes)
      .describe("sgd_mom_update on a float32 copy of a half weight; the result is the new weight in half.");
}

}  // namespace mx
#endif
