// The gamma function and its logarithm, with the derivative of the latter.
#include "mx/op/elementwise.h"
#include "mx/op/special.h"

namespace mx::MX_ISA {
struct GammaFunction {
  template <class T>
  MX_XPU T operator()(T x) const {
    return tgamma(x);
  }
};
struct LogGamma {
  template <class T>
  MX_XPU T operator()(T x) const {
    return lgamma(x);
  }
};
struct Digamma {
  template <class T>
  MX_XPU T operator()(T x) const {
    return digamma(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(gamma, Elementwise<GammaFunction>, float, double)
MX_KERNELS(gammaln, Elementwise<LogGamma>, float, double)
MX_KERNELS(_digamma, Elementwise<Digamma>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(gamma) {
  unary(op)
      .alias("_npx_gamma")
      .alias("_sparse_gamma")
      .describe("The gamma function of every element: (x - 1)! for whole x.")
      .gradient([](GradientContext& g) {
        const Value slope = g.call("elemwise_mul", {g.output(0), g.call("_digamma", {g.input(0)})});
        g.set(0, g.call("elemwise_mul", {g.head(), slope}));
      });
}
MX_OPERATOR(gammaln) {
  unary(op)
      .alias("_npx_gammaln")
      .alias("_sparse_gammaln")
      .describe("The logarithm of the absolute value of the gamma function, for every element.")
      .gradient(
          [](GradientContext& g) { g.set(0, g.call("elemwise_mul", {g.head(), g.call("_digamma", {g.input(0)})})); });
}
MX_OPERATOR(_digamma) { unary(op).hidden().describe("The derivative of gammaln, for every element."); }
}  // namespace mx
#endif
