#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Rcbrt {
  template <class T>
  MX_XPU T operator()(T x) const {
    return T(1) / cbrt(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(rcbrt, Elementwise<Rcbrt>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(rcbrt) {
  unary(op).describe("1 / cbrt(x), for every element x.").gradient([](GradientContext& g) {
    g.set(0,
          g.call("elemwise_mul", {g.head(), g.call("_mul_scalar", {g.call("elemwise_div", {g.output(0), g.input(0)})},
                                                   ScalarParam{-1.0 / 3, false})}));
  });
}
}  // namespace mx
#endif
