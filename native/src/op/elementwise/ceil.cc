#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Ceil {
  template <class T>
  MX_XPU T operator()(T x) const {
    return ceil(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(ceil, Elementwise<Ceil>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(ceil) { unary(op).describe("The smallest integer that is not less, for every element.").no_gradient(); }
}  // namespace mx
#endif
