#include "mx/op/reduce.h"

namespace mx::MX_ISA {
struct Min {
  template <class T>
  MX_XPU static T identity() {
    return highest<T>();
  }
  template <class T>
  MX_XPU T map(T x) const {
    return x;
  }
  template <class T>
  MX_XPU T combine(T a, T b) const {
    const T smaller = a > b ? b : a;  // with NaN, a: two selections are what compilers make vectors of
    return b != b ? b : smaller;
  }
};
struct MinGradient {
  template <class T>
  MX_XPU T operator()(T head, T x, T y) const {
    return x == y ? head : T(0);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(min, Reduce<Min>, float, double, int32_t, int64_t)
MX_KERNELS(_backward_min, Elementwise<MinGradient>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(min) {
  reduce(op)
      .describe("The smallest element over axes; NaN if there is one.")
      .alias("min_axis")
      .gradient([](GradientContext& g) {
        g.set(0, g.call_same("_backward_min", {g.head(), g.input(0), g.output(0)}).at(0));
      });
}
MX_OPERATOR(_backward_min) { reduce_gradient(op, "rdr"); }
}  // namespace mx
#endif
