#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct LogicalOr {
  template <class T>
  MX_XPU T operator()(T a, T b) const {
    return T((a != T(0)) | (b != T(0)));
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(logical_or, Elementwise<LogicalOr>, float, double, int32_t, int64_t)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(_logical_or) {
  binary(op, "logical_or")
      .describe("1 where a or b is non-zero, else 0, for arrays of one shape.")
      .alias("_Logical_Or")
      .no_gradient();
}
MX_OPERATOR(broadcast_logical_or) {
  broadcast_binary(op, "logical_or").describe("1 where a or b is non-zero, else 0, with broadcasting.").no_gradient();
}
MX_OPERATOR(_logical_or_scalar) {
  scalar_binary(op, "logical_or")
      .describe("1 where a or b is non-zero, else 0; b is a number.")
      .alias("_LogicalOrScalar")
      .no_gradient();
}
}  // namespace mx
#endif
