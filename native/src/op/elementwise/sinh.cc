#include "op/elementwise/hyperbolic.h"

namespace mx::MX_ISA {
struct Sinh {
  template <class T>
  MX_XPU T operator()(T x) const {
    return hyperbolic_sine(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(sinh, Elementwise<Sinh>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(sinh) {
  unary(op).describe("The hyperbolic sine of every element.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_mul", {g.head(), g.call("cosh", {g.input(0)})}));
  });
}
}  // namespace mx
#endif
