// A loss made of any array.
#include "mx/op/sum.h"

namespace mx {
namespace {

struct MakeLossParam {
  float grad_scale = 1, valid_thresh = 0;
  enum Normalization : int32_t { kBatch, kNull, kValid } normalization = kNull;
  static void fields(auto& f) {
    using P = MakeLossParam;
    f.add("grad_scale", &P::grad_scale, "The gradient.");
    f.add("valid_thresh", &P::valid_thresh, "What counts as valid: larger elements.");
    f.add("normalization", &P::normalization,
          "What divides the gradient: 'null' nothing, 'batch' the product of all axes but the last, 'valid' the number "
          "of valid "
          "elements.")
        .names({"batch", "null", "valid"});
  }
};

}  // namespace
}  // namespace mx

namespace mx::MX_ISA {

struct LossIsValid {
  float threshold;
  explicit MX_XPU LossIsValid(const LoopArgs& args)
      : threshold(static_cast<const MakeLossParam*>(args.params)->valid_thresh) {}
  template <class T>
  MX_XPU bool operator()(T x) const {
    return x > T(threshold);
  }
};
struct MakeLossShare {
  template <class T>
  MX_XPU T operator()(T gradient, T valid) const {
    return gradient / (valid > T(1) ? valid : T(1));
  }
};

}  // namespace mx::MX_ISA

MX_KERNELS(make_loss_valid, Reduce<Count<LossIsValid>>, float, double)
MX_KERNELS(make_loss_share, Elementwise<MakeLossShare>, float, double)

#if defined(MX_PASS_HOST)
#include "mx/op/strided.h"

namespace mx {
namespace {

void backward(const OpContext& context) {
  const auto& p = context.as<MakeLossParam>();
  const Tensor &data = context.in[0], &out = context.out[0];
  MX_CHECK(is_floating(data.dtype), kType, "[MakeLoss] ", data.dtype, " is not supported; cast to float32 first");
  if (out.size() == 0) return;
  double scale = p.grad_scale;
  if (p.normalization == MakeLossParam::kBatch) scale /= static_cast<double>(data.shape.size(0, data.shape.ndim - 1));
  const Tensor gradient{&scale, {1}, DType::kFloat64};
  if (p.normalization != MakeLossParam::kValid) return run_elementwise(get_kernel("copy"), {&gradient, 1}, {&out, 1});
  const DType lane = data.dtype == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
  const Tensor valid{context.workspace(size_of(lane)), {1}, lane};
  run_reduce(context, get_kernel("make_loss_valid"), data, valid, (1u << data.shape.ndim) - 1);
  const Tensor in[] = {gradient, valid};
  run_elementwise(get_kernel("make_loss_share"), in, {&out, 1});
}

}  // namespace

MX_OPERATOR(MakeLoss) {
  op.describe("Turns any array into a loss: the identity, whose gradient is grad_scale whatever follows.")
      .input("data", "The loss, element by element.")
      .output("output", "The same array.")
      .params<MakeLossParam>()
      .infer_shape(same_shape)
      .ignores_head()
      .inplace(0, 0)
      .portable_forward(forward_copy)
      .gradient([](GradientContext& g) { g.set(0, g.call_same("_backward_MakeLoss", {g.input(0)}).at(0)); });
}

MX_OPERATOR(_backward_MakeLoss) {
  op.describe("Gradient of MakeLoss.")
      .input("data", "The input of MakeLoss.")
      .output("data")
      .params<MakeLossParam>()
      .infer_shape(same_shape)
      .portable_forward(backward);
}

}  // namespace mx
#endif
