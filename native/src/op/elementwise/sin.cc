#include "op/elementwise/sin_cos.h"

namespace mx::MX_ISA {
struct Sin {
  static constexpr int kMostAtOnce = 4;  // of a thread on a device
  template <class T>
  MX_XPU T operator()(T x) const {
    return sin(x);
  }
};

#if defined(MX_PASS_CPU)
template <>
template <>
void Elementwise<Sin>::loop<float>(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
  wave_loop(out, in, n, args, [](float x) { return wave(x, 0); }, Sin{});
}
#endif
}  // namespace mx::MX_ISA

MX_KERNELS(sin, Elementwise<Sin>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(sin) {
  unary(op).describe("The sine of every element, in radians.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_mul", {g.head(), g.call("cos", {g.input(0)})}));
  });
}
}  // namespace mx
#endif
