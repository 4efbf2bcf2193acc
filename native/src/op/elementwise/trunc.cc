#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Trunc {
  template <class T>
  MX_XPU T operator()(T x) const {
    return trunc(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(trunc, Elementwise<Trunc>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(trunc) { unary(op).describe("Every element without its fraction.").no_gradient(); }
}  // namespace mx
#endif
