#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Arccosh {
  template <class T>
  MX_XPU T operator()(T x) const {
    return acosh(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(arccosh, Elementwise<Arccosh>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(arccosh) {
  unary(op).describe("The inverse hyperbolic cosine of every element.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_mul",
                    {g.head(), g.call("rsqrt", {g.call("_minus_scalar", {g.call("square", {g.input(0)})})})}));
  });
}
}  // namespace mx
#endif
