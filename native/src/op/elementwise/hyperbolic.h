// Hyperbolic functions of float32 numbers without branches, so that loops of them vectorize.
#pragma once
#include "mx/op/elementwise.h"

namespace mx::MX_ISA {

// e^a / 2 for large a, where e^a may overflow.
MX_XPU float half_exp(float a) {
  const float root = exp(a * .5f);
  return .5f * root * root;
}
MX_XPU float hyperbolic_sine(float x) {
  const float a = abs(x), m = expm1(a);
  return copysign(a > 80.f ? half_exp(a) : .5f * (m + m / (m + 1.f)), x);
}
MX_XPU float hyperbolic_cosine(float x) {
  const float a = abs(x), e = exp(a);
  return a > 80.f ? half_exp(a) : .5f * e + .5f / e;
}
MX_XPU float inverse_hyperbolic_tangent(float x) {
  const float a = abs(x);
  return copysign(.5f * log1p(2.f * a / (1.f - a)), x);
}

MX_XPU double hyperbolic_sine(double x) { return sinh(x); }
MX_XPU double hyperbolic_cosine(double x) { return cosh(x); }
MX_XPU double inverse_hyperbolic_tangent(double x) { return atanh(x); }

}  // namespace mx::MX_ISA
