#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Rint {
  template <class T>
  MX_XPU T operator()(T x) const {
    const T low = floor(x), high = ceil(x);
    return x - low <= high - x ? low : high;
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(rint, Elementwise<Rint>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(rint) {
  unary(op).describe("Every element rounded to the nearest integer; halves go to the lower one.").no_gradient();
}
}  // namespace mx
#endif
