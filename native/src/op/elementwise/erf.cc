#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Erf {
  template <class T>
  MX_XPU T operator()(T x) const {
    return erf(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(erf, Elementwise<Erf>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(erf) {
  unary(op).describe("The error function of every element.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_mul",
                    {g.head(),
                     g.call("_mul_scalar", {g.call("exp", {g.call("negative", {g.call("square", {g.input(0)})})})},
                            ScalarParam{1.1283791670955126, false})}));
  });
}
}  // namespace mx
#endif
