#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Cbrt {
  template <class T>
  MX_XPU T operator()(T x) const {
    return cbrt(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(cbrt, Elementwise<Cbrt>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(cbrt) {
  unary(op).describe("The cube root of every element.").gradient([](GradientContext& g) {
    g.set(0,
          g.call("elemwise_div", {g.head(), g.call("_mul_scalar", {g.call("square", {g.output(0)})}, ScalarParam{3})}));
  });
}
}  // namespace mx
#endif
