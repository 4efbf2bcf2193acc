#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct NotEqual {
  template <class T>
  MX_XPU T operator()(T a, T b) const {
    return T(a != b);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(not_equal, Elementwise<NotEqual>, float, double, int32_t, int64_t)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(_not_equal) {
  binary(op, "not_equal")
      .describe("1 where a and b differ, else 0, for arrays of one shape.")
      .alias("_Not_Equal")
      .no_gradient();
}
MX_OPERATOR(broadcast_not_equal) {
  broadcast_binary(op, "not_equal").describe("1 where a and b differ, else 0, with broadcasting.").no_gradient();
}
MX_OPERATOR(_not_equal_scalar) {
  scalar_binary(op, "not_equal")
      .describe("1 where a and b differ, else 0; b is a number.")
      .alias("_NotEqualScalar")
      .no_gradient();
}
}  // namespace mx
#endif
