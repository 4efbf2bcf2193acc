#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Greater {
  template <class T>
  MX_XPU T operator()(T a, T b) const {
    return T(a > b);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(greater, Elementwise<Greater>, float, double, int32_t, int64_t)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(_greater) {
  binary(op, "greater").describe("1 where a > b, else 0, for arrays of one shape.").alias("_Greater").no_gradient();
}
MX_OPERATOR(broadcast_greater) {
  broadcast_binary(op, "greater").describe("1 where a > b, else 0, with broadcasting.").no_gradient();
}
MX_OPERATOR(_greater_scalar) {
  scalar_binary(op, "greater").describe("1 where a > b, else 0; b is a number.").alias("_GreaterScalar").no_gradient();
}
}  // namespace mx
#endif
