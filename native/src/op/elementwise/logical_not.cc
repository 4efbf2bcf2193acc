#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct LogicalNot {
  template <class T>
  MX_XPU T operator()(T x) const {
    return T(x == T(0));
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(logical_not, Elementwise<LogicalNot>, float, double, int32_t, int64_t)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(logical_not) { unary(op).describe("1 where an element is 0, 0 elsewhere.").no_gradient(); }
}  // namespace mx
#endif
