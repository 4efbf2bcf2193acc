#include "op/streamed.h"

namespace mx::MX_ISA {
struct Subtract {
  template <class T>
  MX_XPU T operator()(T a, T b) const {
    return subtract(a, b);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(subtract, Elementwise<Subtract>, float, double, int32_t, int64_t)
MX_STREAMED(subtract, Subtract)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(elemwise_sub) {
  binary(op, "subtract")
      .describe("a - b, for arrays of one shape.")
      .alias("_sub")
      .alias("_minus")
      .alias("_Minus")
      .gradient([](GradientContext& g) {
        g.set(0, g.head());
        if (g.wants(1)) g.set(1, g.call("negative", {g.head()}));
      });
}
MX_OPERATOR(broadcast_sub) {
  broadcast_binary(op, "subtract")
      .describe("a - b, with broadcasting.")
      .alias("broadcast_minus")
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, unbroadcast(g, g.head(), g.input(0)));
        if (g.wants(1)) g.set(1, unbroadcast(g, g.call("negative", {g.head()}), g.input(1)));
      });
}
MX_OPERATOR(_minus_scalar) {
  scalar_binary(op, "subtract")
      .describe("a - b; b is a number.")
      .alias("_MinusScalar")
      .gradient([](GradientContext& g) { g.set(0, g.head()); });
}
MX_OPERATOR(_rminus_scalar) {
  reversed_scalar_binary(op, "subtract")
      .describe("a - b; a is a number, b the array.")
      .alias("_RMinusScalar")
      .gradient([](GradientContext& g) { g.set(0, g.call("negative", {g.head()})); });
}
}  // namespace mx
#endif
