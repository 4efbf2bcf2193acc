#include "op/elementwise/inverse_trigonometry.h"
#include "op/streamed.h"

namespace mx::MX_ISA {
struct Arcsin {
  template <class T>
  MX_XPU T operator()(T x) const {
    return arcsine(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(arcsin, Elementwise<Arcsin>, float, double)
MX_STREAMED(arcsin, Arcsin)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(arcsin) {
  unary(op).describe("The inverse sine of every element, in radians.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_mul",
                    {g.head(), g.call("rsqrt", {g.call("_rminus_scalar", {g.call("square", {g.input(0)})})})}));
  });
}
}  // namespace mx
#endif
