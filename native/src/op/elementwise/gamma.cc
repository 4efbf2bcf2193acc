// The gamma function and its logarithm, with two derivatives of the latter.
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
// By recurrence and the derivative of Stirling's series.
struct Trigamma {
  template <class T>
  MX_XPU T operator()(T value) const {
    double x = static_cast<double>(value);
    if (x <= 0. && floor(x) == x) return T(__builtin_inf());
    const bool negative = x < 0.;
    double result = 0;
    if (negative) {  // reflection
      constexpr double pi = 3.141592653589793;
      const double slope = pi / tan(pi * (x - floor(x)));
      result = pi * pi + slope * slope;
      x = 1. - x;
    }
    double other = 0;
    for (; x < 10.; x += 1.) other += 1. / (x * x);
    const double s = 1. / (x * x);
    other +=
        1. / x + .5 * s + s / x * polynomial(s, 1. / 6, -1. / 30, 1. / 42, -1. / 30, 5. / 66, -691. / 2730, 7. / 6);
    return T(negative ? result - other : other);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(gamma, Elementwise<GammaFunction>, float, double)
MX_KERNELS(gammaln, Elementwise<LogGamma>, float, double)
MX_KERNELS(_digamma, Elementwise<Digamma>, float, double)
MX_KERNELS(_trigamma, Elementwise<Trigamma>, float, double)

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
MX_OPERATOR(_digamma) {
  unary(op).hidden().describe("The derivative of gammaln, for every element.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_mul", {g.head(), g.call("_trigamma", {g.input(0)})}));
  });
}
MX_OPERATOR(_trigamma) { unary(op).hidden().describe("The second derivative of gammaln, for every element."); }
}  // namespace mx
#endif
