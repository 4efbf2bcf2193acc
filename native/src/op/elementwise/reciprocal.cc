#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Reciprocal {
  template <class T>
  MX_XPU T operator()(T x) const {
    return divide(T(1), x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(reciprocal, Elementwise<Reciprocal>, float, double, int32_t, int64_t)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(reciprocal) {
  unary(op).describe("1 / x, for every element x.").gradient([](GradientContext& g) {
    g.set(0, g.call("negative", {g.call("elemwise_mul", {g.head(), g.call("square", {g.output(0)})})}));
  });
}
}  // namespace mx
#endif
