#include "op/streamed.h"

namespace mx::MX_ISA {
struct Add {
  template <class T>
  MX_XPU T operator()(T a, T b) const {
    return add(a, b);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(add, Elementwise<Add>, float, double, int32_t, int64_t)
MX_STREAMED(add, Add)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(elemwise_add) {
  binary(op, "add")
      .describe("a + b, for arrays of one shape.")
      .alias("_add")
      .alias("_plus")
      .alias("_Plus")
      .gradient([](GradientContext& g) {
        g.set(0, g.head());
        g.set(1, g.head());
      });
}
MX_OPERATOR(broadcast_add) {
  broadcast_binary(op, "add")
      .describe("a + b, with broadcasting.")
      .alias("broadcast_plus")
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, unbroadcast(g, g.head(), g.input(0)));
        if (g.wants(1)) g.set(1, unbroadcast(g, g.head(), g.input(1)));
      });
}
MX_OPERATOR(_plus_scalar) {
  scalar_binary(op, "add").describe("a + b; b is a number.").alias("_PlusScalar").gradient([](GradientContext& g) {
    g.set(0, g.head());
  });
}
}  // namespace mx
#endif
