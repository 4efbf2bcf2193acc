// Special functions for kernels: the gamma function and its kin, and the inverse of the error function.
#pragma once
#include "mx/op/math.h"

namespace mx::MX_ISA {

MX_XPU float tgamma(float x) { return __builtin_tgammaf(x); }
MX_XPU double tgamma(double x) { return __builtin_tgamma(x); }

// log |gamma(x)|. On the host the form that leaves the global `signgam` alone: threads share it.
#if defined(MX_PASS_CUDA)
MX_XPU float lgamma(float x) { return __builtin_lgammaf(x); }
MX_XPU double lgamma(double x) { return __builtin_lgamma(x); }
#else
MX_XPU float lgamma(float x) {
  int sign;
  return __builtin_lgammaf_r(x, &sign);
}
MX_XPU double lgamma(double x) {
  int sign;
  return __builtin_lgamma_r(x, &sign);
}
#endif

// The derivative of lgamma, by recurrence and Stirling's series; NaN at its poles but 0.
MX_XPU double digamma(double x) {
  if (x <= 0. && floor(x) == x) return x == 0. ? copysign(__builtin_inf(), -x) : __builtin_nan("");
  double result = 0;
  if (x < 0.) {  // reflection
    constexpr double pi = 3.141592653589793;
    result = -pi / tan(pi * (x - floor(x)));
    x = 1. - x;
  }
  for (; x < 10.; x += 1.) result -= 1. / x;
  const double s = 1. / (x * x);
  return result + log(x) - .5 / x -
         s * polynomial(s, 1. / 12, -1. / 120, 1. / 252, -1. / 240, 1. / 132, -691. / 32760, 1. / 12);
}
MX_XPU float digamma(float x) { return static_cast<float>(digamma(static_cast<double>(x))); }

// M. Giles, "Approximating the erfinv function", GPU Computing Gems, 2011: a relative error of some 1e-7.
template <class T>
MX_XPU T rough_erfinv(T x, T w) {
  const T a = w - T(2.5), b = sqrt(w) - T(3);
  const T near = polynomial(a, T(1.50140941), T(.246640727), T(-.00417768164), T(-.00125372503), T(.00021858087),
                            T(-4.39150654e-6), T(-3.5233877e-6), T(3.43273939e-7), T(2.81022636e-8));
  const T far = polynomial(b, T(2.83297682), T(1.00167406), T(.00943887047), T(-.0076224613), T(.00573950773),
                           T(-.00367342844), T(.00134934322), T(.000100950558), T(-.000200214257));
  return x * (w < T(5) ? near : far);
}
MX_XPU float erfinv(float x) {
  const float result = rough_erfinv(x, -log((1.f - x) * (1.f + x)));
  return abs(x) == 1.f ? copysign(__builtin_inff(), x) : result;
}
// Halley's method on the rough value; erfc keeps the digits near 1.
MX_XPU double erfinv(double x) {
  const double a = abs(x), rest = 1. - a;
  if (!(a < 1.)) return a == 1. ? copysign(__builtin_inf(), x) : __builtin_nan("");
  const double w = -log(rest * (1. + a));
  double y = w < 16. ? rough_erfinv(a, w) : sqrt(w - .5 * log(3.141592653589793 * w));
  for (int step = 0; step < 3; ++step) {
    const double error = a < .5 ? __builtin_erf(y) - a : rest - __builtin_erfc(y);
    const double slope = 1.1283791670955126 * exp(-y * y), move = error / slope;
    y -= move / (1. + y * move);
  }
  return copysign(y, x);
}

}  // namespace mx::MX_ISA
