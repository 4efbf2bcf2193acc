#include "op/elementwise/log_vectors.h"
#include "op/streamed.h"

namespace mx::MX_ISA {
struct Log {
  static constexpr bool kVectors = true;
  template <class T>
  MX_XPU T operator()(T x) const {
    return log(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(log, Vectorized<Log>, float, double)
MX_STREAMED(log, Log)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(log) {
  unary(op).describe("The natural logarithm of every element.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_div", {g.head(), g.input(0)}));
  });
}
}  // namespace mx
#endif
