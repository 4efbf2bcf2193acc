#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct LesserEqual {
  template <class T>
  MX_XPU T operator()(T a, T b) const {
    return T(a <= b);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(lesser_equal, Elementwise<LesserEqual>, float, double, int32_t, int64_t)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(_lesser_equal) {
  binary(op, "lesser_equal")
      .describe("1 where a <= b, else 0, for arrays of one shape.")
      .alias("_Lesser_Equal")
      .no_gradient();
}
MX_OPERATOR(broadcast_lesser_equal) {
  broadcast_binary(op, "lesser_equal").describe("1 where a <= b, else 0, with broadcasting.").no_gradient();
}
MX_OPERATOR(_lesser_equal_scalar) {
  scalar_binary(op, "lesser_equal")
      .describe("1 where a <= b, else 0; b is a number.")
      .alias("_LesserEqualScalar")
      .no_gradient();
}
}  // namespace mx
#endif
