#include "op/elementwise/sin_cos.h"

namespace mx::MX_ISA {
struct Tan {
  static constexpr int kMostAtOnce = 4;  // of a thread on a device
  template <class T>
  MX_XPU T operator()(T x) const {
    return tan(x);
  }
#if defined(MX_PASS_CPU)
  static float near(const WaveParts& x) { return tangent(x); }
#endif
};
}  // namespace mx::MX_ISA

MX_KERNELS(tan, Waves<Tan>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(tan) {
  unary(op).describe("The tangent of every element, in radians.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_mul", {g.head(), g.call("_plus_scalar", {g.call("square", {g.output(0)})})}));
  });
}
}  // namespace mx
#endif
