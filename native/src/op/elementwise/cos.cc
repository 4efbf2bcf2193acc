#include "op/elementwise/sin_cos.h"

namespace mx::MX_ISA {
struct Cos {
  static constexpr int kMostAtOnce = 4;  // of a thread on a device
  template <class T>
  MX_XPU T operator()(T x) const {
    return cos(x);
  }
#if defined(MX_PASS_CPU)
  static float near(const WaveParts& x) { return wave(x, 1); }
#endif
};
}  // namespace mx::MX_ISA

MX_KERNELS(cos, Waves<Cos>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(cos) {
  unary(op).describe("The cosine of every element, in radians.").gradient([](GradientContext& g) {
    g.set(0, g.call("negative", {g.call("elemwise_mul", {g.head(), g.call("sin", {g.input(0)})})}));
  });
}
}  // namespace mx
#endif
