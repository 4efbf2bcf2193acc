// float32 maths on sixteen numbers at once, where loops are limited by how many instructions they have, and the
// compiler finds more than it takes. exp() and sigmoid() give the same bits as of one number (mx/op/math.h); the others
// have ways of their own with instructions that only vectors have, to about as many digits. What they make of zeros,
// infinities and NaN is the same.
#pragma once
#include <utility>

#include "mx/op/math.h"

#if defined(MX_PASS_CPU) && defined(__AVX512F__)
#define MX_FLOATS  // there are Floats
#include <immintrin.h>

namespace mx::MX_ISA {

typedef float Floats __attribute__((vector_size(64)));
typedef float UnalignedFloats __attribute__((vector_size(64), aligned(4), may_alias));

MX_INLINE Floats load(const float* from) { return *reinterpret_cast<const UnalignedFloats*>(from); }
MX_INLINE void store(float* to, Floats x) { *reinterpret_cast<UnalignedFloats*>(to) = x; }
MX_INLINE void stream(float* to, Floats x) { _mm512_stream_ps(to, x); }  // `to` is at a cache line
MX_INLINE Floats spread(float x) { return _mm512_set1_ps(x); }
MX_INLINE Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }

// c[0] + c[1] x + c[2] x^2 ...
template <int N>
MX_INLINE Floats polynomial(Floats x, const Floats (&c)[N]) {
  Floats p = c[N - 1];
#pragma GCC unroll 16
  for (int i = N - 2; i >= 0; --i) p = fma(p, x, c[i]);
  return p;
}
template <class... C>
MX_INLINE Floats polynomial(Floats x, float c0, C... rest) {
  return polynomial(x, {spread(c0), spread(rest)...});
}

// Without a mask, g++ 12 warns of its own header.
inline constexpr __mmask16 kAllLanes = 0xffff;

// NaN as in `a < b ? b : a`.
MX_INLINE Floats larger(Floats a, Floats b) { return _mm512_maskz_max_ps(kAllLanes, b, a); }
MX_INLINE Floats smaller(Floats a, Floats b) { return _mm512_maskz_min_ps(kAllLanes, b, a); }

MX_INLINE __mmask16 first_lanes(int64_t n) { return n >= 16 ? kAllLanes : static_cast<__mmask16>((1u << n) - 1); }

MX_INLINE Floats abs(Floats x) { return _mm512_abs_ps(x); }
// size | sign bit of x: of sizes whose own sign is that of x, or none.
MX_INLINE Floats with_sign(Floats size, Floats x) {
  const __m512i sign = _mm512_set1_epi32(INT32_MIN);
  return bits<Floats>(_mm512_ternarylogic_epi32(bits<__m512i>(size), bits<__m512i>(x), sign, 0xf8));
}
// table[the low four bits of each]
MX_INLINE Floats look_up(const float (&table)[16], __m512i at) {
  return _mm512_maskz_permutexvar_ps(kAllLanes, at, load(table));
}

// 1 / sqrt(x): a step of Newton's from an estimate. Roots and quotients take as long as ten other instructions.
MX_INLINE Floats rsqrt(Floats x) {
  const Floats y = _mm512_maskz_rsqrt14_ps(kAllLanes, x), root = x * y;
  const __mmask16 some = _mm512_cmp_ps_mask(root, root, _CMP_ORD_Q);  // neither zero nor infinity
  return _mm512_mask3_fmadd_ps(y * .5f, fma(-root, y, spread(1.f)), y, some);
}

// A reduction over each of sixteen vectors. In each round, element i of the vectors j and j + N / 2 meet.
template <int kHigh, int... I>
MX_INLINE Floats interleaved(Floats a, Floats b, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(a, b, (8 * kHigh + I / 2 + I % 2 * 16)...);
}
template <int N, class Combine>
MX_INLINE Floats across_each(const Floats* x, const Combine& combine) {
  constexpr auto lanes = std::make_integer_sequence<int, 16>();
  Floats half[N / 2];
#pragma GCC unroll 8
  for (int j = 0; j < N / 2; ++j)
    half[j] = combine(interleaved<0>(x[j], x[j + N / 2], lanes), interleaved<1>(x[j], x[j + N / 2], lanes));
  if constexpr (N == 2)
    return half[0];
  else
    return across_each<N / 2>(half, combine);
}

// Without a bound above: where the result is too large it is infinity or NaN.
MX_INLINE Floats exp_unbounded(Floats x) {
  // What comes to zero is not computed: instructions whose results are too small for normal numbers take a hundred
  // times as long.
  const __mmask16 some = _mm512_cmp_ps_mask(x, spread(-104.f), _CMP_NLT_UQ);
  const Floats k = fma(x, spread(1.44269504f), spread(12582912.f)) - 12582912.f;
  const Floats r = fma(k, spread(-1.42860677e-6f), fma(k, spread(-0.693145752f), x));
  Floats p = fma(spread(.00139262038f), r, spread(.00836319476f));
  p = fma(fma(fma(p, r, spread(.0416665561f)), r, spread(.166665763f)), r, spread(.5f));
  return _mm512_maskz_scalef_ps(some, 1.f + fma(p, r * r, r), k);
}
MX_INLINE Floats exp(Floats x) {
  // Of a NaN and a number, the minimum is the second.
  return exp_unbounded(_mm512_maskz_min_ps(kAllLanes, spread(89.f), x));
}
MX_INLINE Floats sigmoid(Floats x) {
  const Floats e = exp(x < 0.f ? x : -x);
  return (x < 0.f ? e : spread(1.f)) / (1.f + e);
}

// (e^x - 1) / 2 for -40 <= x < 89: 2^(k - 1) (e^r - 1) + 2^(k - 1) - 1/2.
MX_INLINE Floats half_expm1(Floats x) {
  const Floats shifted = fma(x, spread(1.44269504f), spread(12583038.f));  // k + 126 in the low bits
  const Floats k = shifted - 12583038.f;
  const Floats r = fma(k, spread(-1.42860677e-6f), fma(k, spread(-0.693145752f), x));
  const Floats p = polynomial(r, .5f, .166666672f, .0416664667f, .00833329838f, .00139336451f, .000198992784f);
  const auto half = bits<Floats>(_mm512_maskz_slli_epi32(kAllLanes, bits<__m512i>(shifted), 23));
  return fma(half, fma(p, r * r, r), half - .5f);
}
MX_INLINE Floats expm1(Floats x) {
  const Floats half = half_expm1(smaller(larger(x, spread(-40.f)), spread(88.8f)));
  return with_sign(half + half, x);
}
// From 10 on the result rounds to 1.
MX_INLINE Floats tanh(Floats x) {
  const Floats half = half_expm1(-2.f * smaller(abs(x), spread(10.f)));
  return with_sign(abs(half) / (half + 1.f), x);
}

}  // namespace mx::MX_ISA
#endif
