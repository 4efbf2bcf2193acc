#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Radians {
  template <class T>
  MX_XPU T operator()(T x) const {
    return x * T(0.017453292519943295);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(radians, Elementwise<Radians>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(radians) {
  unary(op).describe("Degrees converted to radians.").gradient([](GradientContext& g) {
    g.set(0, g.call("radians", {g.head()}));
  });
}
}  // namespace mx
#endif
