#include "mx/op/reduce.h"

namespace mx::MX_ISA {
struct NanProduct {
  template <class T>
  MX_XPU static T identity() {
    return T(1);
  }
  template <class T>
  MX_XPU T map(T x) const {
    return x == x ? x : T(1);
  }
  template <class T>
  MX_XPU T combine(T a, T b) const {
    return multiply(a, b);
  }
};
struct NanProductGradient {
  template <class T>
  MX_XPU T operator()(T head, T x, T y) const {
    return x == x ? head * y / x : T(0);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(nanprod, Reduce<NanProduct>, float, double, int32_t, int64_t)
MX_KERNELS(_backward_nanprod, Elementwise<NanProductGradient>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(nanprod) {
  reduce(op).describe("The product over axes, NaN counting as 1.").gradient([](GradientContext& g) {
    g.set(0, g.call_same("_backward_nanprod", {g.head(), g.input(0), g.output(0)}).at(0));
  });
}
MX_OPERATOR(_backward_nanprod) { reduce_gradient(op, "rdr"); }
}  // namespace mx
#endif
