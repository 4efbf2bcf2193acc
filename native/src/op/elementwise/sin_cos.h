// Sine and cosine of float32 numbers, in vectors.
#pragma once
#include "mx/op/elementwise.h"

#if defined(MX_PASS_CPU)
namespace mx::MX_ISA {

// From here on the reduction in wave() loses digits; libm's does not.
inline constexpr float kLongWay = 1073741824.f;

// sin(x + quarters pi/2) for |x| < kLongWay. Reduced in float64 to |r| <= pi/4: x = k pi/2 + r.
MX_INLINE float wave(float x, int32_t quarters) {
  const double wide = x, shifted = fma(wide, .63661977236758134, 6755399441055744.);  // k in the low bits
  const double k = shifted - 6755399441055744.;
  const auto r = static_cast<float>(fma(k, -6.123233995736766e-17, fma(k, -1.5707963267948966, wide)));
  const int32_t quadrant = static_cast<int32_t>(bits<int64_t>(shifted)) + quarters;
  const float s = r * r;
  const float sine =
      copysign(fma(r * s, polynomial(s, -.166666642f, .00833274703f, -.00019587639f), r), r);  // for the sign of zero
  const float cosine = fma(s * s, polynomial(s, .0416666642f, -.00138883013f, 2.45476895e-5f), fma(s, -.5f, 1.f));
  const float size = quadrant & 1 ? cosine : sine;
  return quadrant & 2 ? -size : size;
}

// `libm` is right for every number, infinities and NaN too.
template <class Libm>
MX_INLINE void wave_loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args, int32_t quarters,
                         const Libm& libm) {
  const float* const x = static_cast<const float*>(in[0]);
  float* const y = static_cast<float*>(out[0]);
  if (args.scalars) {
    const float value = libm(*x);
    for (int64_t i = 0; i < n; ++i) y[i] = value;
    return;
  }
  constexpr int64_t block = 256;
  float results[block];  // y may be x, which libm still needs
  for (int64_t begin = 0; begin < n; begin += block) {
    const int64_t size = n - begin < block ? n - begin : block;
    int32_t far = 0;
    for (int64_t i = 0; i < size; ++i) {
      results[i] = wave(x[begin + i], quarters);
      far |= !(abs(x[begin + i]) < kLongWay);
    }
    if (far)
      for (int64_t i = 0; i < size; ++i)
        if (!(abs(x[begin + i]) < kLongWay)) results[i] = libm(x[begin + i]);
    for (int64_t i = 0; i < size; ++i) y[begin + i] = results[i];
  }
}

}  // namespace mx::MX_ISA
#endif
