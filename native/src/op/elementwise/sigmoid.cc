#include "op/streamed.h"

namespace mx::MX_ISA {
struct Sigmoid {
  static constexpr bool kVectors = true;
  template <class T>
  MX_XPU T operator()(T x) const {
    return sigmoid(x);
  }
};
struct SigmoidGradient {
  template <class T>
  MX_XPU T operator()(T head, T y) const {
    return head * y * (T(1) - y);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(sigmoid, Vectorized<Sigmoid>, float, double)
MX_STREAMED(sigmoid, Sigmoid)
MX_KERNELS(_backward_sigmoid, Elementwise<SigmoidGradient>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(sigmoid) {
  unary(op).describe("1 / (1 + exp(-x)), for every element x.").gradient([](GradientContext& g) {
    g.set(0, g.call("_backward_sigmoid", {g.head(), g.output(0)}));
  });
}
MX_OPERATOR(_backward_sigmoid) {
  elementwise(op, {"head", "output"}).gradient([](GradientContext& g) {
    g.set(0, g.call("_backward_sigmoid", {g.head(), g.input(1)}));
    // d/dy of head * y * (1 - y), times the head of this gradient
    const Value slope = g.call("_rminus_scalar", {g.call("_mul_scalar", {g.input(1)}, ScalarParam{2})}, ScalarParam{1});
    g.set(1, g.call("elemwise_mul", {g.call("elemwise_mul", {g.head(), g.input(0)}), slope}));
  });
}
}  // namespace mx
#endif
