#include "mx/op/elementwise.h"

namespace mx {

struct DropoutParam {
  float p = 0.5f;
  enum Mode : int32_t { kAlways, kTraining } mode = kTraining;
  Shape axes = Shape::scalar();
  std::optional<bool> cudnn_off = false;
  static void fields(auto& f) {
    using P = DropoutParam;
    f.add("p", &P::p, "Fraction of the elements that is dropped.").range(0, 1);
    f.add("mode", &P::mode, "When to drop.").names({"always", "training"});
    f.add("axes", &P::axes, "Axes along which one decision holds for all elements.");
    f.add("cudnn_off", &P::cudnn_off, "No effect.");
  }
};

}  // namespace mx

namespace mx::MX_ISA {

// A uniform number becomes a factor.
struct DropoutMask {
  float keep;
  explicit MX_XPU DropoutMask(const LoopArgs& args) : keep(1 - static_cast<const DropoutParam*>(args.params)->p) {}
  template <class T>
  MX_XPU T operator()(T x) const {
    return x < T(keep) ? T(1) / T(keep) : T(0);
  }
};

}  // namespace mx::MX_ISA

MX_KERNELS(dropout_mask, Elementwise<DropoutMask>, float, double)

#if defined(MX_PASS_HOST)
#include "mx/op/random.h"
#include "mx/op/strided.h"

namespace mx {
namespace {

Shape mask_shape(const Shape& data, const Shape& axes) {
  Shape shape = data;
  for (int64_t axis : axes) shape[normalize_axis(axis, data.ndim, "Dropout")] = 1;
  return shape;
}

void multiply(const Tensor& a, const Tensor& b, const Tensor& out) {
  const Tensor in[] = {a, b};
  run_elementwise(get_kernel("multiply"), in, {&out, 1});
}

void forward(const OpContext& context) {
  const auto& p = context.as<DropoutParam>();
  const Tensor &data = context.in[0], &out = context.out[0];
  Tensor mask = context.out[1];
  const bool drops = (context.is_train || p.mode == DropoutParam::kAlways) && p.p > 0;
  if (!drops) {
    copy_flat(data, out);
    if (mask.data) fill_uniform(*context.random, mask, 1, 1);
    return;
  }
  if (!mask.data) {
    mask.shape = mask_shape(data.shape, p.axes), mask.dtype = data.dtype;
    mask.data = context.workspace(mask.bytes());
  }
  fill_uniform(*context.random, mask);
  run_elementwise(get_kernel("dropout_mask"), {&mask, 1}, {&mask, 1}, &p);
  multiply(data, mask, out);
}

}  // namespace

MX_OPERATOR(Dropout) {
  op.describe(R"(Sets a random fraction p of the elements to zero while training, and divides the others by ``1 - p``.

Outside training it is the identity, unless mode is 'always'.)")
      .input("data", "Any shape.")
      .output("output", "The shape of data.")
      .output("mask", "What the elements were multiplied by.")
      .visible_outputs(1)
      .params<DropoutParam>()
      .alias("_npx_dropout")
      .infer_shape([](const InferShape& s) {
        s.same(0, 0);
        if (s.in[0].rank_known()) s.set_output(1, mask_shape(s.in[0], s.as<DropoutParam>().axes));
      })
      .inplace(0, 0)
      .uses_random()
      .uses_train_mode()
      .portable_forward(forward)
      .gradient([](GradientContext& g) { g.set(0, g.call("_backward_Dropout", {g.head(), g.output(1)})); });
}

MX_OPERATOR(_backward_Dropout) {
  op.describe("Gradient of Dropout.")
      .input("head", "Gradient of the output.")
      .input("mask", "What the elements were multiplied by.")
      .output("data")
      .infer_shape([](const InferShape& s) { s.same(0, 0); })
      .inplace(0, 0)
      .portable_forward([](const OpContext& context) { multiply(context.in[0], context.in[1], context.out[0]); })
      .gradient([](GradientContext& g) { g.set(0, g.call("_backward_Dropout", {g.head(), g.input(1)})); });
}

}  // namespace mx
#endif
