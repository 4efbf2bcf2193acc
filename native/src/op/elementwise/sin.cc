#include "op/elementwise/sin_cos.h"

namespace mx::MX_ISA {
struct Sin {
  static constexpr int kMostAtOnce = 4;  // of a thread on a device
  template <class T>
  MX_XPU T operator()(T x) const {
    return sin(x);
  }
#if defined(MX_PASS_CPU)
  static float near(const WaveParts& x) { return wave(x, 0); }
#endif
};
}  // namespace mx::MX_ISA

MX_KERNELS(sin, Waves<Sin>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(sin) {
  unary(op).describe("The sine of every element, in radians.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_mul", {g.head(), g.call("cos", {g.input(0)})}));
  });
}
}  // namespace mx
#endif
