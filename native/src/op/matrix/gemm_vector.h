// Vectors of float for the loops of matrix products, where the compiler would not keep a tile in registers by itself.
// Kernel passes only.
#pragma once
#include <immintrin.h>

#include "mx/op.h"

namespace mx::MX_ISA {

// A mask says which lanes are in use: memory beside them is neither read nor written.
#if defined(__AVX512F__)
using GemmVector = __m512;
using GemmMask = __mmask16;
MX_INLINE GemmMask gemm_mask(int64_t count) { return static_cast<GemmMask>(count < 16 ? (1 << count) - 1 : 0xffff); }
MX_INLINE GemmVector gemm_zero() { return _mm512_setzero_ps(); }
MX_INLINE GemmVector gemm_load(const float* from) { return _mm512_loadu_ps(from); }
MX_INLINE GemmVector gemm_load(const float* from, GemmMask mask) { return _mm512_maskz_loadu_ps(mask, from); }
MX_INLINE GemmVector gemm_repeat(float value) { return _mm512_set1_ps(value); }
MX_INLINE GemmVector gemm_fma(GemmVector a, GemmVector b, GemmVector c) { return _mm512_fmadd_ps(a, b, c); }
MX_INLINE GemmVector gemm_add(GemmVector a, GemmVector b) { return _mm512_add_ps(a, b); }
MX_INLINE void gemm_store(float* to, GemmVector value) { _mm512_storeu_ps(to, value); }
MX_INLINE void gemm_store(float* to, GemmVector value, GemmMask mask) { _mm512_mask_storeu_ps(to, mask, value); }
inline constexpr int kGemmVectors = 4;  // of a tile: four rows of them fill half of the registers
#else
using GemmVector = __m256;
using GemmMask = __m256i;
MX_INLINE GemmMask gemm_mask(int64_t count) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count < 8 ? count : 8)), lane);
}
MX_INLINE GemmVector gemm_zero() { return _mm256_setzero_ps(); }
MX_INLINE GemmVector gemm_load(const float* from) { return _mm256_loadu_ps(from); }
MX_INLINE GemmVector gemm_load(const float* from, GemmMask mask) { return _mm256_maskload_ps(from, mask); }
MX_INLINE GemmVector gemm_repeat(float value) { return _mm256_set1_ps(value); }
MX_INLINE GemmVector gemm_fma(GemmVector a, GemmVector b, GemmVector c) { return _mm256_fmadd_ps(a, b, c); }
MX_INLINE GemmVector gemm_add(GemmVector a, GemmVector b) { return _mm256_add_ps(a, b); }
MX_INLINE void gemm_store(float* to, GemmVector value) { _mm256_storeu_ps(to, value); }
MX_INLINE void gemm_store(float* to, GemmVector value, GemmMask mask) {
  if (_mm256_movemask_ps(_mm256_castsi256_ps(mask)) == 0xff)  // a masked store is slow on some processors
    gemm_store(to, value);
  else
    _mm256_maskstore_ps(to, mask, value);
}
inline constexpr int kGemmVectors = 2;
#endif
inline constexpr int kGemmLanes = sizeof(GemmVector) / sizeof(float);

}  // namespace mx::MX_ISA
