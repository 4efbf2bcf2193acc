#include "mx/op/reduce.h"

namespace mx::MX_ISA {
struct NanSum {
  template <class T>
  MX_XPU static T identity() {
    return T(0);
  }
  template <class T>
  MX_XPU T map(T x) const {
    return x == x ? x : T(0);
  }
  template <class T>
  MX_XPU T combine(T a, T b) const {
    return add(a, b);
  }
};
struct NanSumGradient {
  template <class T>
  MX_XPU T operator()(T head, T x) const {
    return x == x ? head : T(0);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(nansum, Reduce<NanSum>, float, double, int32_t, int64_t)
MX_KERNELS(_backward_nansum, Elementwise<NanSumGradient>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(nansum) {
  reduce(op).describe("The sum over axes, NaN counting as 0.").gradient([](GradientContext& g) {
    g.set(0, g.call_same("_backward_nansum", {g.head(), g.input(0)}).at(0));
  });
}
MX_OPERATOR(_backward_nansum) { reduce_gradient(op, "rd"); }
}  // namespace mx
#endif
