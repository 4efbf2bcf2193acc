#include "mx/op/reduce.h"

namespace mx::MX_ISA {
struct Max {
  template <class T>
  MX_XPU static T identity() {
    return lowest<T>();
  }
  template <class T>
  MX_XPU T map(T x) const {
    return x;
  }
  template <class T>
  MX_XPU T combine(T a, T b) const {
    const T larger = a < b ? b : a;  // with NaN, a: two selections are what compilers make vectors of
    return b != b ? b : larger;
  }
};
struct MaxGradient {
  template <class T>
  MX_XPU T operator()(T head, T x, T y) const {
    return x == y ? head : T(0);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(max, Reduce<Max>, float, double, int32_t, int64_t)
MX_KERNELS(_backward_max, Elementwise<MaxGradient>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(max) {
  reduce(op)
      .describe("The largest element over axes; NaN if there is one.")
      .alias("max_axis")
      .gradient([](GradientContext& g) {
        g.set(0, g.call_same("_backward_max", {g.head(), g.input(0), g.output(0)}).at(0));
      });
}
MX_OPERATOR(_backward_max) { reduce_gradient(op, "rdr"); }
}  // namespace mx
#endif
