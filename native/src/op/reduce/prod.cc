#include "mx/op/reduce.h"

namespace mx::MX_ISA {
struct Product {
  template <class T>
  MX_XPU static T identity() {
    return T(1);
  }
  template <class T>
  MX_XPU T map(T x) const {
    return x;
  }
  template <class T>
  MX_XPU T combine(T a, T b) const {
    return multiply(a, b);
  }
};
struct ProductGradient {
  template <class T>
  MX_XPU T operator()(T head, T x, T y) const {
    return head * y / x;
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(prod, Reduce<Product>, float, double, int32_t, int64_t)
MX_KERNELS(_backward_prod, Elementwise<ProductGradient>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(prod) {
  reduce(op).describe("The product over axes.").gradient([](GradientContext& g) {
    g.set(0, g.call_same("_backward_prod", {g.head(), g.input(0), g.output(0)}).at(0));
  });
}
MX_OPERATOR(_backward_prod) { reduce_gradient(op, "rdr"); }
}  // namespace mx
#endif
