#include "op/elementwise/log_to_base.h"
#include "op/elementwise/log_vectors.h"
#include "op/streamed.h"

namespace mx::MX_ISA {
struct Log2 {
  static constexpr bool kVectors = true;
  template <class T>
  MX_XPU T operator()(T x) const {
    return log2(x);
  }
  MX_XPU float operator()(float x) const { return log_to_base(x, {1.44269502f, 1.92596303e-8f, 1.f, 0.f}); }
};
}  // namespace mx::MX_ISA

MX_KERNELS(log2, Vectorized<Log2>, float, double)
MX_STREAMED(log2, Log2)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(log2) {
  unary(op).describe("The logarithm to base 2 of every element.").gradient([](GradientContext& g) {
    g.set(0, g.call("_mul_scalar", {g.call("elemwise_div", {g.head(), g.input(0)})},
                    ScalarParam{1.4426950408889634, false}));
  });
}
}  // namespace mx
#endif
