#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Degrees {
  template <class T>
  MX_XPU T operator()(T x) const {
    return x * T(57.29577951308232);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(degrees, Elementwise<Degrees>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(degrees) {
  unary(op).describe("Radians converted to degrees.").gradient([](GradientContext& g) {
    g.set(0, g.call("degrees", {g.head()}));
  });
}
}  // namespace mx
#endif
