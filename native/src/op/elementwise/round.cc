#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Round {
  template <class T>
  MX_XPU T operator()(T x) const {
    const T whole = trunc(x);
    return abs(x - whole) >= T(0.5) ? whole + copysign(T(1), x) : whole;
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(round, Elementwise<Round>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(round) {
  unary(op).describe("Every element rounded to the nearest integer; halves go away from zero.").no_gradient();
}
}  // namespace mx
#endif
