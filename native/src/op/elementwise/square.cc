#include "op/streamed.h"

namespace mx::MX_ISA {
struct Square {
  template <class T>
  MX_XPU T operator()(T x) const {
    return multiply(x, x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(square, Elementwise<Square>, float, double, int32_t, int64_t)
MX_STREAMED(square, Square)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(square) {
  unary(op).describe("Every element times itself.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_mul", {g.head(), g.call("_mul_scalar", {g.input(0)}, ScalarParam{2})}));
  });
}
}  // namespace mx
#endif
