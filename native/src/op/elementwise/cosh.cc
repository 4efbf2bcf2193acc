#include "op/elementwise/hyperbolic.h"

namespace mx::MX_ISA {
struct Cosh {
  template <class T>
  MX_XPU T operator()(T x) const {
    return hyperbolic_cosine(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(cosh, Elementwise<Cosh>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(cosh) {
  unary(op).describe("The hyperbolic cosine of every element.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_mul", {g.head(), g.call("sinh", {g.input(0)})}));
  });
}
}  // namespace mx
#endif
