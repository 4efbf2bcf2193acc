// Special functions for kernels: the gamma function and its kin, and the inverse of the error function.
#pragma once
#include "mx/op/math.h"

namespace mx::MX_ISA {

MX_XPU double tgamma(double x) { return __builtin_tgamma(x); }

// log |gamma(x)|. On the host the form that leaves the global `signgam` alone: threads share it.
#if defined(MX_PASS_CUDA)
MX_XPU float tgamma(float x) { return __builtin_tgammaf(x); }
MX_XPU float lgamma(float x) { return __builtin_lgammaf(x); }
MX_XPU double lgamma(double x) { return __builtin_lgamma(x); }
#else
MX_XPU double lgamma(double x) {
  int sign;
  return __builtin_lgamma_r(x, &sign);
}

// log x for normal numbers x > 0: k ln 2 + 2 (s + s^3 / 3 + s^5 / 5 ...) with s = (m - 1) / (m + 1), x = m 2^k.
MX_XPU double wide_log(double x) {
  const uint64_t shifted = bits<uint64_t>(x) + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu);
  const double k = bits<double>(shifted >> 52 | 0x4330000000000000u) - 4503599627371519.;  // 2^52 + 1023
  const double m = bits<double>((shifted & 0xfffffffffffffu) + 0x3fe6a09e667f3bcdu);
  const double s = (m - 1.) / (m + 1.), s2 = s * s;
  const double p = polynomial(s2, 2. / 3, 2. / 5, 2. / 7, 2. / 9, 2. / 11, 2. / 13, 2. / 15, 2. / 17, 2. / 19);
  return fma(k, .69314718055989033, fma(s, 2., fma(s * s2, p, k * 5.4979230187083712e-14)));
}
// log |gamma(x)| by Stirling's series, which wants numbers of 8 and more: gamma(a) is gamma(a + 8) / (a (a + 1) ...);
// and for negative numbers by reflection, gamma(-a) gamma(a) = -pi / (a sin(pi a)). Infinite at the poles.
MX_XPU double wide_lgamma(float x) {
  const double a = abs(static_cast<double>(x));
  const bool small = a < 8.;
  const double z = small ? a + 8. : a, inverse = 1. / z;
  const double product = a * (a + 1.) * ((a + 2.) * (a + 3.)) * ((a + 4.) * (a + 5.) * ((a + 6.) * (a + 7.)));
  const double p = small ? product : 1.;
  const double series =
      polynomial(inverse * inverse, 1. / 12, -1. / 360, 1. / 1260, -1. / 1680, 1. / 1188, -691. / 360360, 1. / 156);
  const double log_shifted = fma(z - .5, wide_log(z) - 1., fma(inverse, series, .41893853320467274));
  const double shifted = a + 6755399441055744., whole = shifted - 6755399441055744.;
  const double r = a - whole, r2 = r * r;
  const double sine =
      r * polynomial(r2, 3.1415926535897932, -5.1677127800499700, 2.5501640398773454, -.59926452932079208,
                     .082145886611128228, -.0073704309457143504, .00046630280576761255, -2.1915353447830217e-5);
  const bool negative = static_cast<double>(x) < 0.;
  const double rest = wide_log(negative ? p / abs(a * sine) : p);
  return negative ? 1.1447298858494002 - log_shifted + rest : log_shifted - rest;
}
MX_XPU float lgamma(float x) {
  float result = static_cast<float>(wide_lgamma(x));
  result = x == 1.f || x == 2.f ? 0.f : result;
  const bool pole = x <= 0.f && floor(x) == x;
  return x != x ? x : pole || x == __builtin_inff() ? __builtin_inff() : result;
}

// NaN at the poles but 0.
MX_XPU float tgamma(float x) {
  double t = wide_lgamma(x);
  t = t < -120. ? -120. : t;
  t = t > 120. ? 120. : t;
  const double shifted = fma(t, 1.4426950408889634, 6755399441056767.);  // k + 1023 in the low bits
  const double r = fma(shifted - 6755399441056767., -.69314718055994531, t);
  const double p =
      polynomial(r, 1., 1., 1. / 2, 1. / 6, 1. / 24, 1. / 120, 1. / 720, 1. / 5040, 1. / 40320, 1. / 362880);
  const auto size = static_cast<float>(p * bits<double>(bits<uint64_t>(shifted) << 52));
  const float whole = floor(x), half = floor(x * .5f);
  const float result = x < 0.f && whole != 2.f * half ? -size : size;
  const bool pole = x < 0.f && whole == x;
  return x != x || pole ? __builtin_nanf("") : x == 0.f ? copysign(__builtin_inff(), x) : result;
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
