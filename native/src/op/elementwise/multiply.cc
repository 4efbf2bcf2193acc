#include "op/streamed.h"

namespace mx::MX_ISA {
struct Multiply {
  template <class T>
  MX_XPU T operator()(T a, T b) const {
    return multiply(a, b);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(multiply, Elementwise<Multiply>, float, double, int32_t, int64_t)
MX_STREAMED(multiply, Multiply)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(elemwise_mul) {
  binary(op, "multiply")
      .describe("a * b, for arrays of one shape.")
      .alias("_mul")
      .alias("_Mul")
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call("elemwise_mul", {g.head(), g.input(1)}));
        if (g.wants(1)) g.set(1, g.call("elemwise_mul", {g.head(), g.input(0)}));
      });
}
MX_OPERATOR(broadcast_mul) {
  broadcast_binary(op, "multiply").describe("a * b, with broadcasting.").gradient([](GradientContext& g) {
    if (g.wants(0)) g.set(0, unbroadcast(g, g.call("broadcast_mul", {g.head(), g.input(1)}), g.input(0)));
    if (g.wants(1)) g.set(1, unbroadcast(g, g.call("broadcast_mul", {g.head(), g.input(0)}), g.input(1)));
  });
}
MX_OPERATOR(_mul_scalar) {
  scalar_binary(op, "multiply").describe("a * b; b is a number.").alias("_MulScalar").gradient([](GradientContext& g) {
    g.set(0, g.call("_mul_scalar", {g.head()}, g.as<ScalarParam>()));
  });
}
}  // namespace mx
#endif
