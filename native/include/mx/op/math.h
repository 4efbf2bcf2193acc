// Scalar maths for kernels. In float32 the functions are branch-free, so that loops of them vectorize, and err by less
// than 4 units in the last place (measured by tests/op/test_math.cc); in float64 they are libm's.
//
// Reduction and reconstruction follow J.-M. Muller, "Elementary Functions: Algorithms and Implementation", 3rd ed., ch.
// 11, and W. Cody and W. Waite, "Software Manual for the Elementary Functions". The polynomials were fitted here, by
// interpolation at Chebyshev nodes.
#pragma once
#include <cstdint>

#include "mx/loop.h"

namespace mx::MX_ISA {

template <class To, class From>
MX_XPU To bits(From value) {
  return __builtin_bit_cast(To, value);
}

template <class T>
inline constexpr bool is_float = false;
template <>
inline constexpr bool is_float<float> = true;
template <>
inline constexpr bool is_float<double> = true;

// Integer arithmetic wraps around, as in NumPy; the detour avoids what C++ calls undefined.
template <class T>
struct UnsignedOf {
  using type = T;
};
template <>
struct UnsignedOf<int32_t> {
  using type = uint32_t;
};
template <>
struct UnsignedOf<int64_t> {
  using type = uint64_t;
};
template <class T>
MX_XPU T add(T a, T b) {
  using U = typename UnsignedOf<T>::type;
  return T(U(a) + U(b));
}
template <class T>
MX_XPU T subtract(T a, T b) {
  using U = typename UnsignedOf<T>::type;
  return T(U(a) - U(b));
}
template <class T>
MX_XPU T multiply(T a, T b) {
  using U = typename UnsignedOf<T>::type;
  return T(U(a) * U(b));
}
// Integers round towards zero; x / 0 is 0 there.
MX_XPU float divide(float a, float b) { return a / b; }
MX_XPU double divide(double a, double b) { return a / b; }
MX_XPU int32_t divide(int32_t a, int32_t b) {
  const int32_t quotient = static_cast<int32_t>(static_cast<int64_t>(double(a) / (b == 0 ? 1. : double(b))));
  return b == 0 ? 0 : quotient;
}
MX_XPU int64_t divide(int64_t a, int64_t b) { return b == 0 ? 0 : b == -1 ? subtract<int64_t>(0, a) : a / b; }

// Where a maximum and a minimum start.
template <class T>
MX_XPU T lowest() {
  if constexpr (is_float<T>)
    return -static_cast<T>(__builtin_inf());
  else
    return T(typename UnsignedOf<T>::type(1) << (sizeof(T) * 8 - 1));
}
template <class T>
MX_XPU T highest() {
  if constexpr (is_float<T>)
    return static_cast<T>(__builtin_inf());
  else
    return T(~lowest<T>());
}

MX_XPU float abs(float x) { return __builtin_fabsf(x); }
MX_XPU double abs(double x) { return __builtin_fabs(x); }
MX_XPU int32_t abs(int32_t x) { return x < 0 ? subtract(0, x) : x; }
MX_XPU int64_t abs(int64_t x) { return x < 0 ? subtract<int64_t>(0, x) : x; }
MX_XPU float copysign(float x, float sign) { return __builtin_copysignf(x, sign); }
MX_XPU double copysign(double x, double sign) { return __builtin_copysign(x, sign); }
MX_XPU float sqrt(float x) { return __builtin_sqrtf(x); }
MX_XPU double sqrt(double x) { return __builtin_sqrt(x); }
MX_XPU float floor(float x) { return __builtin_floorf(x); }
MX_XPU double floor(double x) { return __builtin_floor(x); }
MX_XPU float ceil(float x) { return __builtin_ceilf(x); }
MX_XPU double ceil(double x) { return __builtin_ceil(x); }
MX_XPU float trunc(float x) { return __builtin_truncf(x); }
MX_XPU double trunc(double x) { return __builtin_trunc(x); }
MX_XPU float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
MX_XPU double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }

// c0 + c1 x + c2 x^2 ... Unrolled by the compiler's front end: a loop would keep the loop around it from vectorizing.
template <class T>
MX_XPU T polynomial(T, T c0) {
  return c0;
}
template <class T, class... C>
MX_XPU T polynomial(T x, T c0, C... rest) {
  return fma(polynomial(x, rest...), x, c0);
}

// x = k ln 2 + r with |r| <= ln 2 / 2, for |x| < 2^20; e^r = 1 + r + r^2 P(r).
struct ExpParts {
  int32_t k;
  float r, tail;  // tail: e^r - 1 - r
};
MX_XPU ExpParts exp_parts(float x) {
  const float shifted = fma(x, 1.44269504f, 12582912.f);  // rounds to an integer in the low bits
  const float k = shifted - 12582912.f;
  const float r = fma(k, -1.42860677e-6f, fma(k, -0.693145752f, x));
  const float p = polynomial(r, .5f, .166666672f, .0416664667f, .00833329838f, .00139336451f, .000198992784f);
  return {bits<int32_t>(shifted) - 0x4b400000, r, p * r * r};
}
MX_XPU float exp2_of(int32_t k) { return bits<float>((k + 127) << 23); }  // 2^k, -126 <= k <= 127

MX_XPU float exp(float x) {
  // Between -104 and 89, by integer instructions: of one sign, numbers and their bits are in one order.
  const int32_t top = bits<int32_t>(x) < 0x42b20000 ? bits<int32_t>(x) : 0x42b20000;
  const auto both = static_cast<uint32_t>(top) < 0xc2d00000u ? static_cast<uint32_t>(top) : 0xc2d00000u;
  const float y = bits<float>(both);
  const float shifted = fma(y, 1.44269504f, 12583166.f);  // k + 254 in the low bits
  const float k = shifted - 12583166.f;
  const float r = fma(k, -1.42860677e-6f, fma(k, -0.693145752f, y));
  const float p = polynomial(r, .5f, .166665763f, .0416665561f, .00836319476f, .00139262038f);
  // 2^k in two factors, which reach subnormal numbers and infinity; the bits above those of k + 254 are shifted out.
  const uint32_t low = bits<uint32_t>(shifted) << 22 & 0xff800000u, high = (bits<uint32_t>(shifted) << 23) - low;
  const float result = (1.f + fma(p, r * r, r)) * bits<float>(low) * bits<float>(high);
  return x != x ? x : result;
}
MX_XPU float expm1(float x) {
  float y = x < -40.f ? -40.f : x;
  y = y > 89.f ? 89.f : y;
  const ExpParts parts = exp_parts(y);
  const float half = exp2_of(parts.k - 1);  // 2^(k-1): 2^128 would overflow
  const float result = 2.f * (half * (parts.r + parts.tail) + (half - .5f));
  // Keeps the digits (and the sign) of small x.
  const float small =
      x + x * x * polynomial(x, .5f, .166666672f, .0416664667f, .00833329838f, .00139336451f, .000198992784f);
  const float chosen = abs(x) < .34f ? small : result;
  return x > 88.7228394f ? __builtin_inff() : x != x ? x : chosen;
}

// log(m 2^k) with sqrt(1/2) <= m < sqrt(2), f = m - 1: f - f^2/2 + f^3 P(f) + k ln 2.
MX_XPU float log_of_parts(float f, float k) {
  const float p = polynomial(f, .333333343f, -.249999896f, .199999914f, -.166680098f, .14287506f, -.124513239f,
                             .110207513f, -.106249467f, .106249638f, -.063636601f);
  const float f2 = f * f;
  const float low = fma(k, 1.42860677e-6f, f * f2 * p);
  return fma(k, .693145752f, f + fma(-.5f, f2, low));
}
MX_XPU float log(float x) {
  const bool subnormal = x < 1.17549435e-38f;
  const float y = subnormal ? x * 16777216.f : x;
  const auto shifted = static_cast<int32_t>(bits<uint32_t>(y) + (0x3f800000u - 0x3f3504f3u));  // NaN may wrap
  const float k = static_cast<float>((shifted >> 23) - (subnormal ? 151 : 127));
  const float m = bits<float>((shifted & 0x7fffff) + 0x3f3504f3);
  float result = log_of_parts(m - 1.f, k);
  result = x == __builtin_inff() ? x : result;
  result = x == 0.f ? -__builtin_inff() : result;
  return x < 0.f ? __builtin_nanf("") : x != x ? x : result;
}
// log2 of x >= 0 to 33 bits, in float64: 2 / ln 2 (s + s^3 / 3 + s^5 / 5 ...) with s = (m - 1) / (m + 1), x = m 2^k.
MX_XPU double wide_log2(float x) {
  const bool subnormal = x < 1.17549435e-38f;
  const float y = subnormal ? x * 16777216.f : x;
  const auto shifted = static_cast<int32_t>(bits<uint32_t>(y) + (0x3f800000u - 0x3f3504f3u));
  const int32_t k = (shifted >> 23) - (subnormal ? 151 : 127);
  const float m = bits<float>((shifted & 0x7fffff) + 0x3f3504f3);
  const double s = static_cast<double>(m - 1.f) / (static_cast<double>(m) + 1.), s2 = s * s;
  const double p = polynomial(s2, 2.8853900817779268, .96179669392597555, .57707801635558531, .41219858311113239,
                              .32059889797532520, .26230818925253880);
  const double result = fma(s, p, static_cast<double>(k));
  return x == 0.f ? -__builtin_inf() : x == __builtin_inff() ? __builtin_inf() : result;
}
// With C's rules for zeros, infinities, NaN and negative bases.
MX_XPU float pow(float x, float y) {
  double t = static_cast<double>(y) * wide_log2(abs(x));
  t = t < -160. ? -160. : t;
  t = t > 160. ? 160. : t;
  const double shifted = t + 6755399441055744.;  // rounds to an integer
  const double whole = shifted - 6755399441055744.;
  const auto k = static_cast<int32_t>(whole), half = k >> 1;
  const auto r = static_cast<float>(t - whole);
  const float p = polynomial(r, .693147182f, .240226507f, .0555041087f, .00961812911f, .00133335581f, .000154035304f,
                             1.52527338e-5f);
  const float size = fma(r, p, 1.f) * exp2_of(half) * exp2_of(k - half);
  const bool odd = floor(y * .5f) != y * .5f, whole_y = floor(y) == y;
  const bool negative = bits<int32_t>(x) < 0;
  float result = negative && whole_y && odd ? -size : size;
  result = x < 0.f && x != -__builtin_inff() && !whole_y ? __builtin_nanf("") : result;
  result = abs(x) == 1.f && abs(y) == __builtin_inff() ? 1.f : result;
  result = x != x || y != y ? x + y : result;
  return x == 1.f || y == 0.f ? 1.f : result;
}
MX_XPU float log1p(float x) {
  const float u = 1.f + x;
  const float lost = x - (u - 1.f);  // what rounding took; exact where it matters
  const float away = log(u) + lost / u;
  const float result = abs(x) < .29f ? log_of_parts(x, 0.f) : away;
  return x == -1.f || x == __builtin_inff() ? log(u) : result;
}
MX_XPU float sigmoid(float x) {
  const float e = exp(-abs(x));
  return (x < 0.f ? e : 1.f) / (1.f + e);
}
MX_XPU float tanh(float x) {
  const float a = abs(x), s = x * x;
  const float p = polynomial(s, -.333333343f, .133333042f, -.0539593995f, .0217699111f, -.00834681652f, .00229565497f);
  const float small = fma(x * s, p, x);
  const float large = copysign(1.f - 2.f / (exp(2.f * a) + 1.f), x);
  return a < .62f ? small : large;
}
MX_XPU float erf(float x) {
  const float a = abs(x), s = x * x;
  // erf(x) / x on [0, .93], -log(erfc(x)) / x beyond; from 4 on the result rounds to 1.
  const float p = polynomial(s, -.376126379f, .112837911f, -.0268660542f, .00522316806f, -.000852123019f,
                             .000115838899f, -1.07298683e-5f);
  const float small = fma(x, fma(s, p, .128379167f), x);
  const float t = a > 4.f ? 4.f : a;
  const float q = polynomial(t, 1.1287204f, .634895682f, .106569856f, -.0239257328f, .00361444778f, -.000257029867f,
                             -1.69083523e-5f, 4.98829331e-6f, -3.02141473e-7f);
  const float large = copysign(1.f - exp(-t * q), x);
  return x != x ? x : a < .93f ? small : large;
}

MX_XPU double exp(double x) { return __builtin_exp(x); }
MX_XPU double expm1(double x) { return __builtin_expm1(x); }
MX_XPU double log(double x) { return __builtin_log(x); }
MX_XPU double log1p(double x) { return __builtin_log1p(x); }
MX_XPU double log2(double x) { return __builtin_log2(x); }
MX_XPU double log10(double x) { return __builtin_log10(x); }
MX_XPU double tanh(double x) { return __builtin_tanh(x); }
MX_XPU double erf(double x) { return __builtin_erf(x); }
MX_XPU double sigmoid(double x) {
  const double e = exp(-abs(x));
  return (x < 0. ? e : 1.) / (1. + e);
}

// libm in both precisions.
#define MX_LIBM(name)                                           \
  MX_XPU float name(float x) { return __builtin_##name##f(x); } \
  MX_XPU double name(double x) { return __builtin_##name(x); }
MX_LIBM(sin)
MX_LIBM(cos)
MX_LIBM(tan)
MX_LIBM(asin)
MX_LIBM(acos)
MX_LIBM(atan)
MX_LIBM(sinh)
MX_LIBM(cosh)
MX_LIBM(asinh)
MX_LIBM(acosh)
MX_LIBM(atanh)
MX_LIBM(cbrt)
#undef MX_LIBM
MX_XPU double pow(double x, double y) { return __builtin_pow(x, y); }
MX_XPU float hypot(float x, float y) { return __builtin_hypotf(x, y); }
MX_XPU double hypot(double x, double y) { return __builtin_hypot(x, y); }
MX_XPU float fmod(float x, float y) { return __builtin_fmodf(x, y); }
MX_XPU double fmod(double x, double y) { return __builtin_fmod(x, y); }

}  // namespace mx::MX_ISA
