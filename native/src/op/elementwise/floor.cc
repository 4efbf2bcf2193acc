#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Floor {
  template <class T>
  MX_XPU T operator()(T x) const {
    return floor(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(floor, Elementwise<Floor>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(floor) { unary(op).describe("The largest integer that is not greater, for every element.").no_gradient(); }
}  // namespace mx
#endif
