#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Arcsinh {
  template <class T>
  MX_XPU T operator()(T x) const {
    return asinh(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(arcsinh, Elementwise<Arcsinh>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(arcsinh) {
  unary(op).describe("The inverse hyperbolic sine of every element.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_mul",
                    {g.head(), g.call("rsqrt", {g.call("_plus_scalar", {g.call("square", {g.input(0)})})})}));
  });
}
}  // namespace mx
#endif
