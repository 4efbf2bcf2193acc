// Conversion between any two dtypes: nine kernels, named after the dtype that they produce.
#include "mx/op.h"
#if defined(__F16C__)
#include <immintrin.h>
#endif

namespace mx::MX_ISA {

#if defined(MX_PASS_CPU)
MX_INLINE float to_number(float16 x) { return static_cast<float>(__builtin_bit_cast(_Float16, x)); }
MX_INLINE float to_number(bfloat16 x) { return __builtin_bit_cast(float, static_cast<uint32_t>(x.bits) << 16); }
template <class T>
MX_INLINE T to_number(T x) {
  return x;
}

template <class To, class From>
MX_INLINE To convert_one(From from) {
  const auto x = to_number(from);
  using Number = decltype(x);
  constexpr bool floating = static_cast<Number>(0.5) != 0 && !__is_same(const bool, Number);
  if constexpr (__is_same(To, bool)) {
    return x != 0;
  } else if constexpr (__is_same(To, float16)) {
    return __builtin_bit_cast(float16, static_cast<_Float16>(static_cast<float>(x)));
  } else if constexpr (__is_same(To, bfloat16)) {
    const float value = static_cast<float>(x);
    const uint32_t bits = __builtin_bit_cast(uint32_t, value);
    const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    return {static_cast<uint16_t>(value != value ? (bits >> 16 | 0x40) : rounded)};
  } else if constexpr (floating && sizeof(To) == 1) {
    return static_cast<To>(static_cast<int32_t>(x));  // wraps around: 300 -> 44, -1 -> 255
  } else {
    return static_cast<To>(x);
  }
}

#if defined(__F16C__)
// g++ leaves these conversions scalar.
MX_INLINE int64_t halves(const float16* from, float* to, int64_t n) {
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i))));
  return i;
}
MX_INLINE int64_t halves(const float* from, float16* to, int64_t n) {
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i),
                     _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
  return i;
}
#endif

template <class To>
struct ConvertTo {
  template <class From>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs&) {
    To* const to = static_cast<To*>(out[0]);
    const From* const from = static_cast<const From*>(in[0]);
    int64_t begin = 0;
#if defined(__F16C__)
    if constexpr ((__is_same(To, float) && __is_same(From, float16)) ||
                  (__is_same(To, float16) && __is_same(From, float)))
      begin = halves(from, to, n);
#endif
#pragma GCC ivdep
    for (int64_t i = begin; i < n; ++i) to[i] = convert_one<To>(from[i]);
  }
};
#endif

}  // namespace mx::MX_ISA

#define MX_ALL_DTYPES float, double, float16, bfloat16, uint8_t, int8_t, int32_t, int64_t, bool
MX_KERNELS(to_float32, ConvertTo<float>, MX_ALL_DTYPES)
MX_KERNELS(to_float64, ConvertTo<double>, MX_ALL_DTYPES)
MX_KERNELS(to_float16, ConvertTo<float16>, MX_ALL_DTYPES)
MX_KERNELS(to_bfloat16, ConvertTo<bfloat16>, MX_ALL_DTYPES)
MX_KERNELS(to_uint8, ConvertTo<uint8_t>, MX_ALL_DTYPES)
MX_KERNELS(to_int8, ConvertTo<int8_t>, MX_ALL_DTYPES)
MX_KERNELS(to_int32, ConvertTo<int32_t>, MX_ALL_DTYPES)
MX_KERNELS(to_int64, ConvertTo<int64_t>, MX_ALL_DTYPES)
MX_KERNELS(to_bool, ConvertTo<bool>, MX_ALL_DTYPES)
