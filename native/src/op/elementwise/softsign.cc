#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Softsign {
  template <class T>
  MX_XPU T operator()(T x) const {
    return x / (T(1) + abs(x));
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(softsign, Elementwise<Softsign>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(softsign) {
  unary(op).describe("x / (1 + abs(x)), for every element x.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_mul",
                    {g.head(), g.call("square", {g.call("_rminus_scalar", {g.call("abs", {g.output(0)})})})}));
  });
}
}  // namespace mx
#endif
