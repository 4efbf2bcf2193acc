#include "op/streamed.h"

namespace mx::MX_ISA {
struct Divide {
  template <class T>
  MX_XPU T operator()(T a, T b) const {
    return divide(a, b);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(divide, Elementwise<Divide>, float, double, int32_t, int64_t)
MX_STREAMED(divide, Divide)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(elemwise_div) {
  binary(op, "divide")
      .describe("a / b (integers round towards zero; x / 0 is 0 there), for arrays of one shape.")
      .alias("_div")
      .alias("_Div")
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call("elemwise_div", {g.head(), g.input(1)}));
        if (g.wants(1))
          g.set(1, g.call("negative",
                          {g.call("elemwise_div", {g.call("elemwise_mul", {g.head(), g.output(0)}), g.input(1)})}));
      });
}
MX_OPERATOR(broadcast_div) {
  broadcast_binary(op, "divide")
      .describe("a / b (integers round towards zero; x / 0 is 0 there), with broadcasting.")
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, unbroadcast(g, g.call("broadcast_div", {g.head(), g.input(1)}), g.input(0)));
        if (g.wants(1))
          g.set(1, unbroadcast(
                       g,
                       g.call("negative",
                              {g.call("broadcast_div", {g.call("elemwise_mul", {g.head(), g.output(0)}), g.input(1)})}),
                       g.input(1)));
      });
}
MX_OPERATOR(_div_scalar) {
  scalar_binary(op, "divide")
      .describe("a / b (integers round towards zero; x / 0 is 0 there); b is a number.")
      .alias("_DivScalar")
      .gradient([](GradientContext& g) { g.set(0, g.call("_div_scalar", {g.head()}, g.as<ScalarParam>())); });
}
MX_OPERATOR(_rdiv_scalar) {
  reversed_scalar_binary(op, "divide")
      .describe("a / b (integers round towards zero; x / 0 is 0 there); a is a number, b the array.")
      .alias("_RDivScalar")
      .gradient([](GradientContext& g) {
        // -s / x^2 = -y / x
        g.set(0, g.call("negative",
                        {g.call("elemwise_div", {g.call("elemwise_mul", {g.head(), g.output(0)}), g.input(0)})}));
      });
}
}  // namespace mx
#endif
