#include "op/elementwise/log_vectors.h"
#include "op/streamed.h"

namespace mx::MX_ISA {
struct Log1p {
  static constexpr bool kVectors = true;
  template <class T>
  MX_XPU T operator()(T x) const {
    return log1p(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(log1p, Vectorized<Log1p>, float, double)
MX_STREAMED(log1p, Log1p)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(log1p) {
  unary(op).describe("log(1 + x), accurate for small x.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_div", {g.head(), g.call("_plus_scalar", {g.input(0)})}));
  });
}
}  // namespace mx
#endif
