#include "op/streamed.h"

namespace mx::MX_ISA {
struct Relu {
  template <class T>
  MX_XPU T operator()(T x) const {
    return x < T(0) ? T(0) : x;  // keeps NaN
  }
};
struct ReluGradient {
  template <class T>
  MX_XPU T operator()(T head, T y) const {
    return y > T(0) ? head : T(0);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(relu, Elementwise<Relu>, float, double, int32_t, int64_t)
MX_STREAMED(relu, Relu)
MX_KERNELS(_backward_relu, Elementwise<ReluGradient>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(relu) {
  unary(op).describe("The larger of x and 0, for every element x.").gradient([](GradientContext& g) {
    g.set(0, g.call("_backward_relu", {g.head(), g.output(0)}));
  });
}
MX_OPERATOR(_backward_relu) {
  elementwise(op, {"head", "output"}).gradient([](GradientContext& g) {
    g.set(0, g.call("_backward_relu", {g.head(), g.input(1)}));
    g.set(1, g.zeros_like(g.input(1)));
  });
}
}  // namespace mx
#endif
