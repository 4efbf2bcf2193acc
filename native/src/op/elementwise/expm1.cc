#include "op/streamed.h"

namespace mx::MX_ISA {
struct Expm1 {
  static constexpr bool kVectors = true;
  template <class T>
  MX_XPU T operator()(T x) const {
    return expm1(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(expm1, Vectorized<Expm1>, float, double)
MX_STREAMED(expm1, Expm1)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(expm1) {
  unary(op).describe("exp(x) - 1, accurate for small x.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_mul", {g.head(), g.call("exp", {g.input(0)})}));
  });
}
}  // namespace mx
#endif
