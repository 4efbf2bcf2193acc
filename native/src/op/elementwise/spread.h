// Functions of two numbers that want arrays even where one of the two is the same all along.
#pragma once
#include "mx/op/elementwise.h"

namespace mx::MX_ISA {

#if defined(MX_PASS_CPU)
// From a loop with a fixed value the compiler takes out what depends on it alone, and leaves branches that keep the
// loop from being vectorized. So the value is spread over a block.
template <class F>
struct Spread {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    if constexpr (requires(F f, T x) { f(x, x); })
      if (args.scalars == 1 || args.scalars == 2) return spread<T>(out, in, n, args);
    Elementwise<F>::template loop<T>(out, in, n, args);
  }

 private:
  template <class T>
  static void spread(void* const* out, const void* const* in, int64_t n, LoopArgs args) {
    constexpr int64_t block = 256;
    T values[block];
    const int fixed = args.scalars == 1 ? 0 : 1;
    const T value = *static_cast<const T*>(in[fixed]);
    for (T& x : values) x = value;
    args.scalars = 0;
    for (int64_t begin = 0; begin < n; begin += block) {
      const T* const other = static_cast<const T*>(in[1 - fixed]) + begin;
      const void* const from[] = {fixed ? other : values, fixed ? values : other};
      void* const to[] = {static_cast<T*>(out[0]) + begin};
      Elementwise<F>::template loop<T>(to, from, n - begin < block ? n - begin : block, args);
    }
  }
};
#else
template <class F>
using Spread = Elementwise<F>;
#endif

}  // namespace mx::MX_ISA
