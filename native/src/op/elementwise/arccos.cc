#include "op/elementwise/inverse_trigonometry.h"
#include "op/streamed.h"

namespace mx::MX_ISA {
struct Arccos {
  template <class T>
  MX_XPU T operator()(T x) const {
    return arccosine(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(arccos, Elementwise<Arccos>, float, double)
MX_STREAMED(arccos, Arccos)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(arccos) {
  unary(op).describe("The inverse cosine of every element, in radians.").gradient([](GradientContext& g) {
    g.set(0,
          g.call("negative",
                 {g.call("elemwise_mul",
                         {g.head(), g.call("rsqrt", {g.call("_rminus_scalar", {g.call("square", {g.input(0)})})})})}));
  });
}
}  // namespace mx
#endif
