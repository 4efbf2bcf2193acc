#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct LogicalXor {
  template <class T>
  MX_XPU T operator()(T a, T b) const {
    return T((a != T(0)) != (b != T(0)));
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(logical_xor, Elementwise<LogicalXor>, float, double, int32_t, int64_t)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(_logical_xor) {
  binary(op, "logical_xor")
      .describe("1 where exactly one of a and b is non-zero, else 0, for arrays of one shape.")
      .alias("_Logical_Xor")
      .no_gradient();
}
MX_OPERATOR(broadcast_logical_xor) {
  broadcast_binary(op, "logical_xor")
      .describe("1 where exactly one of a and b is non-zero, else 0, with broadcasting.")
      .no_gradient();
}
MX_OPERATOR(_logical_xor_scalar) {
  scalar_binary(op, "logical_xor")
      .describe("1 where exactly one of a and b is non-zero, else 0; b is a number.")
      .alias("_LogicalXorScalar")
      .no_gradient();
}
}  // namespace mx
#endif
