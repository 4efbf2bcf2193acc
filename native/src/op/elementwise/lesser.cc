#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Lesser {
  template <class T>
  MX_XPU T operator()(T a, T b) const {
    return T(a < b);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(lesser, Elementwise<Lesser>, float, double, int32_t, int64_t)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(_lesser) {
  binary(op, "lesser").describe("1 where a < b, else 0, for arrays of one shape.").alias("_Lesser").no_gradient();
}
MX_OPERATOR(broadcast_lesser) {
  broadcast_binary(op, "lesser").describe("1 where a < b, else 0, with broadcasting.").no_gradient();
}
MX_OPERATOR(_lesser_scalar) {
  scalar_binary(op, "lesser").describe("1 where a < b, else 0; b is a number.").alias("_LesserScalar").no_gradient();
}
}  // namespace mx
#endif
