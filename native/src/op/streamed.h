// Loops of elementwise operators whose output is written past the caches: line by line from registers, and from several
// places in turn. MX_STREAMED(exp, Exp) beside MX_KERNELS(exp, Elementwise<Exp>, ...) gives them to an operator of one
// or two inputs; the others compute a piece in the first cache, then stream it.
#pragma once
#include "mx/op/elementwise.h"
#include "op/stream_lines.h"
#include "op/vectorized.h"

namespace mx {

// out[place] and in[input * kPlaces + place] point at n elements, or one (see LoopArgs::scalars). Every out[place] is
// at a cache line, and n elements are whole lines.
inline constexpr int kPlaces = 4;

}  // namespace mx

#if defined(MX_PASS_CPU)
namespace mx::MX_ISA {

// F may take sixteen float32 numbers at once: then it has kVectors.
template <class F>
struct Streamed {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const F f = make_functor<F>(args);
    if constexpr (requires(T x) { f(x); }) {
      if (args.scalars)
        lines<1, T>([f](T a) { return f(a); }, out, in, n);
      else
        lines<0, T>(f, out, in, n);
    } else {
      switch (args.scalars) {
        case 0:
          return lines<0, T>(f, out, in, n);
        case 1:
          return lines<1, T>(f, out, in, n);
        case 2:
          return lines<2, T>(f, out, in, n);
        default:
          return lines<3, T>(f, out, in, n);
      }
    }
  }

 private:
  template <unsigned kScalars, class T, class G>
  MX_INLINE static void lines(const G& f, void* const* out, const void* const* in, int64_t n) {
    constexpr int count = requires(T x) { f(x); } ? 1 : 2, line = 64 / sizeof(T);
    T* y[kPlaces];
    const T* x[count][kPlaces];
    for (int place = 0; place < kPlaces; ++place) {
      y[place] = static_cast<T*>(out[place]);
      for (int k = 0; k < count; ++k) x[k][place] = static_cast<const T*>(in[k * kPlaces + place]);
    }
    for (int64_t i = 0; i < n; i += line)
#pragma GCC unroll 4
      for (int place = 0; place < kPlaces; ++place) {
        const T* const a = x[0][place] + (kScalars & 1 ? 0 : i);
#if defined(MX_FLOATS)
        if constexpr (requires { G::kVectors; } && sizeof(T) == sizeof(float)) {
          stream(y[place] + i, f(load(a)));
          continue;
        }
#endif
        alignas(64) T results[line];
        // Unrolled before it is vectorized, a loop with conditions stays as it is.
        if constexpr (count == 1) {
#pragma GCC unroll 1
          for (int j = 0; j < line; ++j) results[j] = f(a[kScalars & 1 ? 0 : j]);
        } else {
          const T* const b = x[1][place] + (kScalars & 2 ? 0 : i);
#pragma GCC unroll 1
          for (int j = 0; j < line; ++j) results[j] = f(a[kScalars & 1 ? 0 : j], b[kScalars & 2 ? 0 : j]);
        }
        stream_line(reinterpret_cast<char*>(y[place] + i), reinterpret_cast<const char*>(results));
      }
  }
};

}  // namespace mx::MX_ISA

#define MX_STREAMED(op, functor) MX_KERNELS(op##_streamed, Streamed<functor>, float, double)
#else
#define MX_STREAMED(op, functor)
#endif
