#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Fix {
  template <class T>
  MX_XPU T operator()(T x) const {
    return trunc(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(fix, Elementwise<Fix>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(fix) { unary(op).describe("Every element rounded to an integer towards zero.").no_gradient(); }
}  // namespace mx
#endif
