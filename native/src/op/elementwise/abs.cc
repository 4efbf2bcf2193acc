#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Abs {
  template <class T>
  MX_XPU T operator()(T x) const {
    return abs(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(abs, Elementwise<Abs>, float, double, int32_t, int64_t)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(abs) {
  unary(op).describe("The absolute value of every element.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_mul", {g.head(), g.call("sign", {g.input(0)})}));
  });
}
}  // namespace mx
#endif
