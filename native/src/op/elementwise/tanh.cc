#include "op/streamed.h"

namespace mx::MX_ISA {
struct Tanh {
  static constexpr bool kVectors = true;
  template <class T>
  MX_XPU T operator()(T x) const {
    return tanh(x);
  }
};
struct TanhGradient {
  template <class T>
  MX_XPU T operator()(T head, T y) const {
    return head * (T(1) - y * y);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(tanh, Vectorized<Tanh>, float, double)
MX_STREAMED(tanh, Tanh)
MX_KERNELS(_backward_tanh, Elementwise<TanhGradient>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(tanh) {
  unary(op).describe("The hyperbolic tangent of every element.").gradient([](GradientContext& g) {
    g.set(0, g.call("_backward_tanh", {g.head(), g.output(0)}));
  });
}
MX_OPERATOR(_backward_tanh) {
  elementwise(op, {"head", "output"}).gradient([](GradientContext& g) {
    g.set(0, g.call("_backward_tanh", {g.head(), g.input(1)}));
    const Value slope = g.call("_mul_scalar", {g.input(1)}, ScalarParam{-2});
    g.set(1, g.call("elemwise_mul", {g.call("elemwise_mul", {g.head(), g.input(0)}), slope}));
  });
}
}  // namespace mx
#endif
