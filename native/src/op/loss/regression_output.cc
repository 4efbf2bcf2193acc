// LinearRegressionOutput, MAERegressionOutput and LogisticRegressionOutput: outputs whose gradient compares them with a
// label.
#include "mx/op/elementwise.h"

namespace mx {

struct RegressionParam {
  float grad_scale = 1;
  static void fields(auto& f) { f.add("grad_scale", &RegressionParam::grad_scale, "Factor of the gradient."); }
};

}  // namespace mx

namespace mx::MX_ISA {

// params: the factor, a double.
struct RegressionScale {
  double scale;
  explicit MX_XPU RegressionScale(const LoopArgs& args) : scale(*static_cast<const double*>(args.params)) {}
};
struct RegressionDifference : RegressionScale {
  using RegressionScale::RegressionScale;
  template <class T>
  MX_XPU T operator()(T output, T label) const {
    return (output - label) * T(scale);
  }
};
struct RegressionSign : RegressionScale {
  using RegressionScale::RegressionScale;
  template <class T>
  MX_XPU T operator()(T output, T label) const {
    return output > label ? T(scale) : output < label ? -T(scale) : T(0);
  }
};

}  // namespace mx::MX_ISA

MX_KERNELS(regression_difference, Elementwise<RegressionDifference>, float, double)
MX_KERNELS(regression_sign, Elementwise<RegressionSign>, float, double)

#if defined(MX_PASS_HOST)
#include "mx/op/strided.h"
#include "op/nn/activate.h"
#include "op/nn/map.h"

namespace mx {
namespace {

// The label has the shape of data; (n,) is accepted where every sample is a single number.
void infer_shape(const InferShape& s) {
  s.same(0, 0);
  const Shape &data = s.in[0], &label = s.in[1];
  if (!data.known()) return;
  const bool single = data.ndim > 1 && data.size(1, data.ndim) == 1;
  const bool flat = single && (label.rank_known() ? label.ndim == 1 : data.ndim == 2);
  s.set_input(1, flat ? Shape{data[0]} : data);
}

void backward(const OpContext& context, bool sign) {
  const Tensor &output = context.in[0], &label = context.in[1];
  if (output.size() == 0) return;
  const auto per_sample = static_cast<double>(label.shape.size(1, label.shape.ndim));
  const double scale = context.as<RegressionParam>().grad_scale / per_sample;
  map_floats(context, sign ? "regression_sign" : "regression_difference", {output, label}, context.out[0], &scale);
}

template <auto backward_name>
void gradient(GradientContext& g) {
  if (g.wants(0)) g.set(0, g.call_same(backward_name(), {g.output(0), g.input(1)}).at(0));
  if (g.wants(1)) g.set(1, g.zeros_like(g.input(1)));
}
const char* difference_name() { return "_backward_LinearRegressionOutput"; }
const char* sign_name() { return "_backward_MAERegressionOutput"; }

OpDef& regression(OpDef& op) {
  return op.input("data", "Predictions.")
      .input("label", "What they should be: the shape of data, or (n,) for data of one number per sample.")
      .output("output", "The shape of data.")
      .params<RegressionParam>()
      .infer_shape(infer_shape)
      .ignores_head()
      .inplace(0, 0)
      .amp(Amp::kFloat32);
}
OpDef& regression_backward(OpDef& op) {
  return op.describe("Gradient of a regression output.")
      .input("output", "The output.")
      .input("label", "The label.")
      .output("data")
      .params<RegressionParam>()
      .infer_shape([](const InferShape& s) { s.same(0, 0); })
      .inplace(0, 0);
}

}  // namespace

MX_OPERATOR(LinearRegressionOutput) {
  regression(op)
      .describe("The identity, whose gradient is ``grad_scale (data - label)`` over the label's size per sample.")
      .alias("_sparse_LinearRegressionOutput")
      .portable_forward(forward_copy)
      .gradient(gradient<difference_name>);
}
MX_OPERATOR(MAERegressionOutput) {
  regression(op)
      .describe("The identity, whose gradient is ``grad_scale sign(data - label)`` over the label's size per sample.")
      .alias("_sparse_MAERegressionOutput")
      .portable_forward(forward_copy)
      .gradient(gradient<sign_name>);
}
MX_OPERATOR(LogisticRegressionOutput) {
  regression(op)
      .describe(
          "The logistic function, whose gradient is ``grad_scale (output - label)`` over the label's size per sample.")
      .alias("_sparse_LogisticRegressionOutput")
      .portable_forward(
          [](const OpContext& context) { activate(ActivationParam::kSigmoid, context.in[0], context.out[0]); })
      .gradient(gradient<difference_name>);
}
MX_OPERATOR(_backward_LinearRegressionOutput) {
  regression_backward(op).portable_forward([](const OpContext& context) { backward(context, false); });
}
MX_OPERATOR(_backward_MAERegressionOutput) {
  regression_backward(op).portable_forward([](const OpContext& context) { backward(context, true); });
}

}  // namespace mx
#endif
