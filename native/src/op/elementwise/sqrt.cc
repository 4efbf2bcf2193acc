#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Sqrt {
  template <class T>
  MX_XPU T operator()(T x) const {
    return sqrt(x);
  }
};
struct SqrtGradient {
  template <class T>
  MX_XPU T operator()(T head, T y) const {
    return head * T(0.5) / y;
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(sqrt, Elementwise<Sqrt>, float, double)
MX_KERNELS(_backward_sqrt, Elementwise<SqrtGradient>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(sqrt) {
  unary(op).describe("The square root of every element.").gradient([](GradientContext& g) {
    g.set(0, g.call("_backward_sqrt", {g.head(), g.output(0)}));
  });
}
MX_OPERATOR(_backward_sqrt) {
  elementwise(op, {"head", "output"}).gradient([](GradientContext& g) {
    g.set(0, g.call("_backward_sqrt", {g.head(), g.input(1)}));
    // d/dy of head / (2 y) = -head / (2 y^2)
    const Value slope = g.call("elemwise_div", {g.call("_backward_sqrt", {g.input(0), g.input(1)}), g.input(1)});
    g.set(1, g.call("negative", {g.call("elemwise_mul", {g.head(), slope})}));
  });
}
}  // namespace mx
#endif
