// Sine, cosine and tangent of float32 numbers, in vectors.
#pragma once
#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
#if defined(MX_PASS_CPU)

// From here on reductions in float32 and in float64 lose digits; libm's does not.
inline constexpr float kShortWay = 65536.f, kLongWay = 1073741824.f;

// x = k pi/2 + r with |r| <= pi/4, or little more.
struct WaveParts {
  int32_t k;
  float r;
};
// For |x| < kShortWay: pi/2 in three parts.
MX_INLINE WaveParts short_wave_parts(float x) {
  const float shifted = fma(x, .636619747f, 12582912.f), k = shifted - 12582912.f;  // k in the low bits
  const float r = fma(k, 1.71512451e-15f, fma(k, 4.37113883e-8f, fma(k, -1.57079637f, x)));
  return {bits<int32_t>(shifted), k == 0.f ? x : r};  // for the sign of zero
}
// For |x| < kLongWay.
MX_INLINE WaveParts wave_parts(float x) {
  const double wide = x, shifted = fma(wide, .63661977236758134, 6755399441055744.);  // k in the low bits
  const double k = shifted - 6755399441055744.;
  const auto r = static_cast<float>(fma(k, -6.123233995736766e-17, fma(k, -1.5707963267948966, wide)));
  return {static_cast<int32_t>(bits<int64_t>(shifted)), r};
}

// tan(x)
MX_INLINE float tangent(const WaveParts& x) {
  const auto [k, r] = x;
  const float s = r * r;
  const float p =
      polynomial(s, .333333343f, .133332312f, .0539944656f, .0216211248f, .00996215641f, .00118530996f, .00384314568f);
  const float near = copysign(fma(r * s, p, r), r);  // for the sign of zero
  return k & 1 ? -1.f / near : near;
}

// sin(x + quarters pi/2)
MX_INLINE float wave(const WaveParts& x, int32_t quarters) {
  const auto [k, r] = x;
  const int32_t quadrant = k + quarters;
  const float s = r * r;
  const float sine =
      copysign(fma(r * s, polynomial(s, -.166666642f, .00833274703f, -.00019587639f), r), r);  // for the sign of zero
  const float cosine = fma(s * s, polynomial(s, .0416666642f, -.00138883013f, 2.45476895e-5f), fma(s, -.5f, 1.f));
  const float size = quadrant & 1 ? cosine : sine;
  return quadrant & 2 ? -size : size;
}

// The loops of a function F that has near(WaveParts) for numbers of size below kLongWay; libm is right for every
// number, infinities and NaN too.
template <class F>
struct Waves {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    if (args.scalars || sizeof(T) > sizeof(float)) return Elementwise<F>::template loop<T>(out, in, n, args);
    const float* const x = static_cast<const float*>(in[0]);
    float* const y = static_cast<float*>(out[0]);
    constexpr int64_t block = 256;
    float kept[block];
    for (int64_t begin = 0; begin < n; begin += block) {
      const int64_t size = n - begin < block ? n - begin : block;
      float* const results = x == y ? kept : y + begin;  // libm still needs x
      int32_t far = 0;
#pragma GCC ivdep
      for (int64_t i = 0; i < size; ++i) {
        results[i] = F::near(short_wave_parts(x[begin + i]));
        far |= !(abs(x[begin + i]) < kShortWay);
      }
      if (far)
        for (int64_t i = 0; i < size; ++i) results[i] = F::near(wave_parts(x[begin + i]));
      if (far)
        for (int64_t i = 0; i < size; ++i)
          if (!(abs(x[begin + i]) < kLongWay)) results[i] = F()(x[begin + i]);
      if (x == y)
        for (int64_t i = 0; i < size; ++i) y[begin + i] = kept[i];
    }
  }
};
#else
template <class F>
using Waves = Elementwise<F>;
#endif
}  // namespace mx::MX_ISA
