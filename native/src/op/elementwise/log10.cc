#include "op/elementwise/log_to_base.h"
#include "op/elementwise/log_vectors.h"
#include "op/streamed.h"

namespace mx::MX_ISA {
struct Log10 {
  static constexpr bool kVectors = true;
  template <class T>
  MX_XPU T operator()(T x) const {
    return log10(x);
  }
  MX_XPU float operator()(float x) const {
    return log_to_base(x, {.434294492f, -1.01030815e-8f, .301025391f, 4.60503907e-6f});
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(log10, Vectorized<Log10>, float, double)
MX_STREAMED(log10, Log10)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(log10) {
  unary(op).describe("The logarithm to base 10 of every element.").gradient([](GradientContext& g) {
    g.set(0, g.call("_mul_scalar", {g.call("elemwise_div", {g.head(), g.input(0)})},
                    ScalarParam{0.43429448190325182, false}));
  });
}
}  // namespace mx
#endif
