// Inverse sine, cosine and tangent of float32 numbers without branches, so that loops of them vectorize. Polynomials
// were fitted as those of mx/op/math.h.
#pragma once
#include "mx/op/elementwise.h"
#include "mx/op/vectors.h"

namespace mx::MX_ISA {

// asin(z) for z^2 = s <= 1/4.
MX_XPU float short_arcsine(float z, float s) {
  return fma(z * s, polynomial(s, .166666657f, .0750009492f, .044599399f, .0311006773f, .0171491783f, .0336909331f), z);
}

// 2 asin(sqrt((1 - a) / 2)) = acos(a) for 1/2 <= a; NaN beyond 1.
MX_XPU float far_arccosine(float a) {
  const float s = fma(a, -.5f, .5f);
  return 2.f * short_arcsine(sqrt(s), s);
}

inline constexpr float kHalfPi = 1.57079637f, kHalfPiRest = -4.37113883e-8f;

MX_XPU float arcsine(float x) {
  const float a = abs(x), near = short_arcsine(x, x * x);
  const float far = copysign(kHalfPi - (far_arccosine(a) - kHalfPiRest), x);
  return a <= .5f ? near : far;
}
MX_XPU float arccosine(float x) {
  const float a = abs(x), near = kHalfPi - (short_arcsine(x, x * x) - kHalfPiRest), far = far_arccosine(a);
  const float beyond = x < 0.f ? 2.f * kHalfPi - (far - 2.f * kHalfPiRest) : far;
  return a <= .5f ? near : beyond;
}
MX_XPU float arctangent(float x) {
  const float a = abs(x), z = a > 1.f ? 1.f / a : a, s = z * z;
  const float p = polynomial(s, -.333333313f, .199997395f, -.142785683f, .11033763f, -.0865687728f, .0625016391f,
                             -.0358714797f, .0135077378f, -.0023869893f);
  const float near = fma(z * s, p, z);
  return copysign(a > 1.f ? kHalfPi - (near - kHalfPiRest) : near, x);
}

#if defined(MX_FLOATS)
MX_INLINE Floats arctangent(Floats x) {
  const Floats a = abs(x);
  const __mmask16 far = _mm512_cmp_ps_mask(a, spread(1.f), _CMP_GT_OQ);
  const Floats z = _mm512_mask_div_ps(a, far, spread(1.f), a), s = z * z;
  const Floats p = polynomial(s, -.333333313f, .199997395f, -.142785683f, .11033763f, -.0865687728f, .0625016391f,
                              -.0358714797f, .0135077378f, -.0023869893f);
  const Floats near = fma(z * s, p, z);
  return with_sign(_mm512_mask_sub_ps(near, far, spread(kHalfPi), near - kHalfPiRest), x);
}
#endif

MX_XPU double arcsine(double x) { return asin(x); }
MX_XPU double arccosine(double x) { return acos(x); }
MX_XPU double arctangent(double x) { return atan(x); }

}  // namespace mx::MX_ISA
