#include "op/elementwise/hyperbolic.h"

namespace mx::MX_ISA {
struct Arctanh {
  template <class T>
  MX_XPU T operator()(T x) const {
    return inverse_hyperbolic_tangent(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(arctanh, Elementwise<Arctanh>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(arctanh) {
  unary(op).describe("The inverse hyperbolic tangent of every element.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_div", {g.head(), g.call("_rminus_scalar", {g.call("square", {g.input(0)})})}));
  });
}
}  // namespace mx
#endif
