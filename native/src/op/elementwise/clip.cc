#include "mx/op/elementwise.h"

namespace mx {
struct ClipParam {
  float a_min = 0, a_max = 0;
  static void fields(auto& f) {
    f.add("a_min", &ClipParam::a_min, "The lower bound.").required();
    f.add("a_max", &ClipParam::a_max, "The upper bound.").required();
  }
};
}  // namespace mx

namespace mx::MX_ISA {
struct Clip {
  float low, high;
  MX_INLINE explicit Clip(const LoopArgs& args)
      : low(static_cast<const ClipParam*>(args.params)->a_min),
        high(static_cast<const ClipParam*>(args.params)->a_max) {}
  template <class T>
  MX_XPU T operator()(T x) const {
    const T above = x < T(low) ? T(low) : x;  // keeps NaN
    return above > T(high) ? T(high) : above;
  }
};
struct ClipGradient : Clip {
  using Clip::Clip;
  template <class T>
  MX_XPU T operator()(T head, T x) const {
    return x < T(low) || x > T(high) ? T(0) : head;
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(clip, Elementwise<Clip>, float, double)
MX_KERNELS(_backward_clip, Elementwise<ClipGradient>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(clip) {
  unary(op)
      .params<ClipParam>()
      .describe("Every element, moved to the nearest bound where it lies outside of them.")
      .gradient([](GradientContext& g) {
        // Elements on a bound count as inside.
        g.set(0, g.call_same("_backward_clip", {g.head(), g.input(0)}).at(0));
      });
}
MX_OPERATOR(_backward_clip) {
  elementwise(op, {"head", "data"}).params<ClipParam>().gradient([](GradientContext& g) {
    g.set(0, g.call_same("_backward_clip", {g.head(), g.input(1)}).at(0));
    g.set(1, g.zeros_like(g.input(1)));
  });
}
}  // namespace mx
#endif
