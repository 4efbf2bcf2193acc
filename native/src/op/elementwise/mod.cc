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

#if defined(MX_PASS_CPU)
// The whole part of |a / b| below 2^50 is right in float64, or one too much, and what it leaves of a is exact. Blocks
// with other numbers in them are left to libm.
struct ModLoops {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    if constexpr (is_float<T> && sizeof(T) == sizeof(float))
      quick(out, in, n, args);
    else
      Elementwise<Mod>::loop<T>(out, in, n, args);
  }

 private:
  static void quick(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const auto run = [&](auto left, auto right) {
      constexpr int64_t block = 256;
      float results[block], *const y = static_cast<float*>(out[0]);  // y may be an input, which libm still needs
      for (int64_t begin = 0; begin < n; begin += block) {
        const int64_t size = n - begin < block ? n - begin : block;
        int32_t far = 0;
        for (int64_t i = 0; i < size; ++i) {
          const float a = left(begin + i), b = right(begin + i);
          const double x = abs(a), divisor = abs(b), over = fma(-trunc(x / divisor), divisor, x);
          const float r = copysign(static_cast<float>(over < 0. ? over + divisor : over), a);
          results[i] = r != 0.f && (r < 0.f) != (b < 0.f) ? r + b : r;
          far |= !(abs(a) < abs(b) * 1.125899907e15f) | !(abs(b) < __builtin_inff());
        }
        if (far)
          for (int64_t i = 0; i < size; ++i) results[i] = Mod()(left(begin + i), right(begin + i));
        for (int64_t i = 0; i < size; ++i) y[begin + i] = results[i];
      }
    };
    const float *const a = static_cast<const float*>(in[0]), *const b = static_cast<const float*>(in[1]);
    const auto each = [](const float* from) { return [from](int64_t i) { return from[i]; }; };
    const auto fixed = [](const float* from) { return [value = *from](int64_t) { return value; }; };
    if (args.scalars == 0)
      run(each(a), each(b));
    else if (args.scalars == 1)
      run(fixed(a), each(b));
    else if (args.scalars == 2)
      run(each(a), fixed(b));
    else
      run(fixed(a), fixed(b));
  }
};
#else
using ModLoops = Elementwise<Mod>;
#endif

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

MX_KERNELS(mod, ModLoops, float, double, int32_t, int64_t)
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
