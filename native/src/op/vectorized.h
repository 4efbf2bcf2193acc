// Loops of elementwise operators of one input that take sixteen float32 numbers at once: MX_KERNELS(log,
// Vectorized<Log>, ...), where Log has kVectors and takes Floats. A number gives the same bits at every place of an
// array.
#pragma once
#include "mx/op/elementwise.h"
#include "mx/op/vectors.h"

namespace mx::MX_ISA {

#if defined(MX_FLOATS)
template <class F>
struct Vectorized {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    if (sizeof(T) > sizeof(float)) return Elementwise<F>::template loop<T>(out, in, n, args);
    const F f = make_functor<F>(args);
    const float* const x = static_cast<const float*>(in[0]);
    float* const y = static_cast<float*>(out[0]);
    if (args.scalars) {
      const float value = f(spread(*x))[0];
      for (int64_t i = 0; i < n; ++i) y[i] = value;
      return;
    }
    int64_t i = 0;
    for (; i + 16 <= n; i += 16) store(y + i, f(load(x + i)));
    if (i == n) return;
    const __mmask16 rest = first_lanes(n - i);
    _mm512_mask_storeu_ps(y + i, rest, f(_mm512_maskz_loadu_ps(rest, x + i)));
  }
};
#else
template <class F>
using Vectorized = Elementwise<F>;
#endif

}  // namespace mx::MX_ISA
