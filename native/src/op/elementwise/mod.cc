#include "op/elementwise/second_gradient.h"

namespace mx::MX_ISA {
struct Mod {
  template <class T>
  MX_XPU T operator()(T a, T b) const {
    if constexpr (is_float<T>) {
      const T r = fmod(a, b);
      return b == T(0) ? T(0) : r != T(0) && (r < T(0)) != (b < T(0)) ? r + b : r;
    } else {
      if (b == 0 || b == -1) return 0;
      const T r = a % b;
      return r != 0 && (r < 0) != (b < 0) ? r + b : r;
    }
  }
};
struct ModGradientLeft {
  template <class T>
  MX_XPU T operator()(T head, T, T b) const {
    return b == T(0) ? T(0) : head;
  }
};
struct ModGradientRight {
  template <class T>
  MX_XPU T operator()(T head, T a, T b) const {
    return b == T(0) ? T(0) : -head * floor(a / b);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(mod, Elementwise<Mod>, float, double, int32_t, int64_t)
MX_KERNELS(_backward_mod_left, Elementwise<ModGradientLeft>, float, double)
MX_KERNELS(_backward_mod_right, Elementwise<ModGradientRight>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(_mod) {
  binary(op, "mod")
      .describe("The remainder of a / b, with the sign of b; 0 where b is 0, for arrays of one shape.")
      .alias("_Mod")
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call("_backward_mod_left", {g.head(), g.input(0), g.input(1)}));
        if (g.wants(1)) g.set(1, g.call("_backward_mod_right", {g.head(), g.input(0), g.input(1)}));
      });
}
MX_OPERATOR(broadcast_mod) {
  broadcast_binary(op, "mod")
      .describe("The remainder of a / b, with the sign of b; 0 where b is 0, with broadcasting.")
      .gradient([](GradientContext& g) {
        if (g.wants(0))
          g.set(0, unbroadcast(g, g.call("_backward_mod_left", {g.head(), g.input(0), g.input(1)}), g.input(0)));
        if (g.wants(1))
          g.set(1, unbroadcast(g, g.call("_backward_mod_right", {g.head(), g.input(0), g.input(1)}), g.input(1)));
      });
}
MX_OPERATOR(_mod_scalar) {
  scalar_binary(op, "mod")
      .describe("The remainder of a / b, with the sign of b; 0 where b is 0; b is a number.")
      .alias("_ModScalar")
      .gradient(
          [](GradientContext& g) { g.set(0, g.call_same("_backward_mod_scalar", {g.head(), g.input(0)}).at(0)); });
}
MX_OPERATOR(_rmod_scalar) {
  reversed_scalar_binary(op, "mod")
      .describe("The remainder of a / b, with the sign of b; 0 where b is 0; a is a number, b the array.")
      .alias("_RModScalar")
      .gradient(
          [](GradientContext& g) { g.set(0, g.call_same("_backward_rmod_scalar", {g.head(), g.input(0)}).at(0)); });
}
MX_OPERATOR(_backward_mod_left) { broadcasting(op, {"head", "a", "b"}).gradient(gradient_in_steps); }
MX_OPERATOR(_backward_mod_right) { broadcasting(op, {"head", "a", "b"}).gradient(gradient_in_steps); }
MX_OPERATOR(_backward_mod_scalar) { scalar_gradient(op, "_backward_mod_left").gradient(gradient_in_steps); }
MX_OPERATOR(_backward_rmod_scalar) { reversed_scalar_gradient(op, "_backward_mod_right").gradient(gradient_in_steps); }
}  // namespace mx
#endif
