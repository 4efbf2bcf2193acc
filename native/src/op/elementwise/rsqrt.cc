#include "op/streamed.h"

namespace mx::MX_ISA {
struct Rsqrt {
  static constexpr bool kVectors = true;
  template <class T>
  MX_XPU T operator()(T x) const {
    return T(1) / sqrt(x);
  }
#if defined(MX_FLOATS)
  MX_INLINE Floats operator()(Floats x) const { return rsqrt(x); }
#endif
};
}  // namespace mx::MX_ISA

MX_KERNELS(rsqrt, Vectorized<Rsqrt>, float, double)
MX_STREAMED(rsqrt, Rsqrt)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(rsqrt) {
  unary(op).describe("1 / sqrt(x), for every element x.").gradient([](GradientContext& g) {
    g.set(0,
          g.call("elemwise_mul", {g.head(), g.call("_mul_scalar", {g.call("elemwise_div", {g.output(0), g.input(0)})},
                                                   ScalarParam{-0.5, false})}));
  });
}
}  // namespace mx
#endif
