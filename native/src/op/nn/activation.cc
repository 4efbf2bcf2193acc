#include "mx/op/elementwise.h"
#include "op/nn/activate.h"

namespace mx::MX_ISA {
struct Softrelu {
  template <class T>
  MX_XPU T operator()(T x) const {
    return (x > T(0) ? x : T(0)) + log1p(exp(-abs(x)));
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(softrelu, Elementwise<Softrelu>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {

using Type = ActivationParam::Type;

void activate(Type type, const Tensor& data, const Tensor& out) {
  static const Kernel* const kernels[] = {&get_kernel("relu"), &get_kernel("sigmoid"), &get_kernel("softrelu"),
                                          &get_kernel("softsign"), &get_kernel("tanh")};
  run_elementwise(*kernels[type], {&data, 1}, {&out, 1});
}

static void gradient(GradientContext& g) {
  switch (g.as<ActivationParam>().act_type) {
    case Type::kRelu:
      return g.set(0, g.call("_backward_relu", {g.head(), g.output(0)}));
    case Type::kSigmoid:
      return g.set(0, g.call("_backward_sigmoid", {g.head(), g.output(0)}));
    case Type::kTanh:
      return g.set(0, g.call("_backward_tanh", {g.head(), g.output(0)}));
    case Type::kSoftrelu:
      return g.set(0, g.call("elemwise_mul", {g.head(), g.call("sigmoid", {g.input(0)})}));
    case Type::kSoftsign: {
      const Value rest = g.call("_plus_scalar", {g.call("abs", {g.input(0)})}, ScalarParam{1});
      return g.set(0, g.call("elemwise_div", {g.head(), g.call("square", {rest})}));
    }
  }
}

MX_OPERATOR(Activation) {
  op.describe(
        "Applies a function to every element: relu, sigmoid, softrelu (log(1 + exp(x))), softsign (x / (1 + abs(x))) "
        "or "
        "tanh.")
      .input("data", "Any shape.")
      .output("output", "The same shape.")
      .params<ActivationParam>()
      .alias("_npx_activation")
      .infer_shape(same_shape)
      .inplace(0, 0)
      .any_format()
      .portable_forward([](const OpContext& context) {
        activate(context.as<ActivationParam>().act_type, context.in[0], context.out[0]);
      })
      .gradient(gradient);
}

}  // namespace mx
#endif
