#include "op/elementwise/inverse_trigonometry.h"
#include "op/streamed.h"

namespace mx::MX_ISA {
struct Arctan {
  static constexpr bool kVectors = true;
  template <class T>
  MX_XPU T operator()(T x) const {
    return arctangent(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(arctan, Vectorized<Arctan>, float, double)
MX_STREAMED(arctan, Arctan)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(arctan) {
  unary(op).describe("The inverse tangent of every element, in radians.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_div", {g.head(), g.call("_plus_scalar", {g.call("square", {g.input(0)})})}));
  });
}
}  // namespace mx
#endif
