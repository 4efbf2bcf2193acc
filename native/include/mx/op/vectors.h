// float32 maths on sixteen numbers at once, where loops are limited by how many instructions they have, and the
// compiler finds more than it takes. The same bits as of one number (mx/op/math.h).
#pragma once
#include <utility>

#include "mx/op/math.h"

#if defined(MX_PASS_CPU) && defined(__AVX512F__)
#include <immintrin.h>

namespace mx::MX_ISA {

typedef float Floats __attribute__((vector_size(64)));
typedef float UnalignedFloats __attribute__((vector_size(64), aligned(4), may_alias));

MX_INLINE Floats load(const float* from) { return *reinterpret_cast<const UnalignedFloats*>(from); }
MX_INLINE void store(float* to, Floats x) { *reinterpret_cast<UnalignedFloats*>(to) = x; }
MX_INLINE void stream(float* to, Floats x) { _mm512_stream_ps(to, x); }  // `to` is at a cache line
MX_INLINE Floats spread(float x) { return _mm512_set1_ps(x); }
MX_INLINE Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }

// Without a mask, g++ 12 warns of its own header.
inline constexpr __mmask16 kAllLanes = 0xffff;

// NaN as in `a < b ? b : a`.
MX_INLINE Floats larger(Floats a, Floats b) { return _mm512_maskz_max_ps(kAllLanes, b, a); }

MX_INLINE __mmask16 first_lanes(int64_t n) { return n >= 16 ? kAllLanes : static_cast<__mmask16>((1u << n) - 1); }

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

}  // namespace mx::MX_ISA
#endif
