#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Negative {
  template <class T>
  MX_XPU T operator()(T x) const {
    if constexpr (is_float<T>)
      return -x;
    else
      return subtract(T(0), x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(negative, Elementwise<Negative>, float, double, int32_t, int64_t)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(negative) {
  unary(op).describe("Minus every element.").gradient([](GradientContext& g) {
    g.set(0, g.call("negative", {g.head()}));
  });
}
}  // namespace mx
#endif
