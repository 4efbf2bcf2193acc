#include "mx/op/elementwise.h"

namespace mx {
struct QuadraticParam {
  float a = 0, b = 0, c = 0;
  static void fields(auto& f) {
    f.add("a", &QuadraticParam::a, "The factor of x^2.");
    f.add("b", &QuadraticParam::b, "The factor of x.");
    f.add("c", &QuadraticParam::c, "The constant.");
  }
};
}  // namespace mx

namespace mx::MX_ISA {
struct Quadratic {
  float a, b, c;
  MX_INLINE explicit Quadratic(const LoopArgs& args)
      : a(static_cast<const QuadraticParam*>(args.params)->a),
        b(static_cast<const QuadraticParam*>(args.params)->b),
        c(static_cast<const QuadraticParam*>(args.params)->c) {}
  template <class T>
  MX_XPU T operator()(T x) const {
    return (T(a) * x + T(b)) * x + T(c);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(_contrib_quadratic, Elementwise<Quadratic>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(_contrib_quadratic) {
  unary(op).params<QuadraticParam>().describe("a x^2 + b x + c, for every element x.").gradient([](GradientContext& g) {
    const auto& p = g.as<QuadraticParam>();
    const Value slope = g.call("_plus_scalar", {g.call("_mul_scalar", {g.input(0)}, ScalarParam{2. * p.a, false})},
                               ScalarParam{p.b, false});
    g.set(0, g.call("elemwise_mul", {g.head(), slope}));
  });
}
}  // namespace mx
#endif
