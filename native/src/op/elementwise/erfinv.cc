#include "mx/op/elementwise.h"
#include "mx/op/special.h"

namespace mx::MX_ISA {
struct ErfInverse {
  template <class T>
  MX_XPU T operator()(T x) const {
    return erfinv(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(erfinv, Elementwise<ErfInverse>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(erfinv) {
  unary(op)
      .alias("_npx_erfinv")
      .describe("The inverse of the error function, for every element between -1 and 1; NaN elsewhere.")
      .gradient([](GradientContext& g) {
        const Value slope = g.call("_mul_scalar", {g.call("exp", {g.call("square", {g.output(0)})})},
                                   ScalarParam{0.8862269254527580, false});  // sqrt(pi) / 2
        g.set(0, g.call("elemwise_mul", {g.head(), slope}));
      });
}
}  // namespace mx
#endif
