// Logarithms to other bases than e, of float32 numbers.
#pragma once
#include "mx/op/elementwise.h"

namespace mx::MX_ISA {

// log e and log 2 of the other base, each in two parts.
struct LogBase {
  float e_high, e_low, two_high, two_low;
};

// As log() with x = (1 + f) 2^k; what rounding takes is added at the end: powers of ten have whole logarithms.
MX_XPU float log_to_base(float x, const LogBase& base) {
  const bool subnormal = x < 1.17549435e-38f;
  const float y = subnormal ? x * 16777216.f : x;
  const auto shifted = static_cast<int32_t>(bits<uint32_t>(y) + (0x3f800000u - 0x3f3504f3u));  // NaN may wrap
  const float k = static_cast<float>((shifted >> 23) - (subnormal ? 151 : 127));
  const float f = bits<float>((shifted & 0x7fffff) + 0x3f3504f3) - 1.f;
  const float tail = polynomial(f, .333333343f, -.249999896f, .199999914f, -.166680098f, .14287506f, -.124513239f,
                                .110207513f, -.106249467f, .106249638f, -.063636601f);
  const float square = f * f, high = fma(-.5f, square, f);
  const float low = fma(-.5f, fma(f, f, -square), fma(f * square, tail, fma(-.5f, square, f - high)));
  const float product = high * base.e_high, whole = k * base.two_high, sum = whole + product;
  const float rest = fma(high, base.e_low, fma(high, base.e_high, -product)) + fma(low, base.e_high, k * base.two_low);
  float result = sum + ((whole - sum) + product + rest);
  result = x == __builtin_inff() ? x : result;
  result = x == 0.f ? -__builtin_inff() : result;
  return x < 0.f ? __builtin_nanf("") : x != x ? x : result;
}

}  // namespace mx::MX_ISA
