#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Sign {
  template <class T>
  MX_XPU T operator()(T x) const {
    return T(x > T(0)) - T(x < T(0));
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(sign, Elementwise<Sign>, float, double, int32_t, int64_t)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(sign) { unary(op).describe("-1, 0 or 1: the sign of every element (0 for NaN).").no_gradient(); }
}  // namespace mx
#endif
