#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct LogicalAnd {
  template <class T>
  MX_XPU T operator()(T a, T b) const {
    return T((a != T(0)) & (b != T(0)));
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(logical_and, Elementwise<LogicalAnd>, float, double, int32_t, int64_t)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(_logical_and) {
  binary(op, "logical_and")
      .describe("1 where both a and b are non-zero, else 0, for arrays of one shape.")
      .alias("_Logical_And")
      .no_gradient();
}
MX_OPERATOR(broadcast_logical_and) {
  broadcast_binary(op, "logical_and")
      .describe("1 where both a and b are non-zero, else 0, with broadcasting.")
      .no_gradient();
}
MX_OPERATOR(_logical_and_scalar) {
  scalar_binary(op, "logical_and")
      .describe("1 where both a and b are non-zero, else 0; b is a number.")
      .alias("_LogicalAndScalar")
      .no_gradient();
}
}  // namespace mx
#endif
