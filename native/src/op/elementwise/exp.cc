#include "op/streamed.h"

namespace mx::MX_ISA {
struct Exp {
  static constexpr bool kVectors = true;
  template <class T>
  MX_XPU T operator()(T x) const {
    return exp(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(exp, Vectorized<Exp>, float, double)
MX_STREAMED(exp, Exp)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(exp) {
  unary(op).describe("e to the power of every element.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_mul", {g.head(), g.output(0)}));
  });
}
}  // namespace mx
#endif
