// Products of matrices so small that preparing and calling a primitive of oneDNN would take longer than the product.
#include "mx/op.h"

#if defined(MX_ISA)
#include <immintrin.h>

namespace mx::MX_ISA {

#if defined(__AVX512F__)
using GemmVector = __m512;
MX_INLINE GemmVector gemm_zero() { return _mm512_setzero_ps(); }
MX_INLINE GemmVector gemm_load(const float* from) { return _mm512_loadu_ps(from); }
MX_INLINE GemmVector gemm_repeat(float value) { return _mm512_set1_ps(value); }
MX_INLINE GemmVector gemm_fma(GemmVector a, GemmVector b, GemmVector c) { return _mm512_fmadd_ps(a, b, c); }
MX_INLINE GemmVector gemm_add(GemmVector a, GemmVector b) { return _mm512_add_ps(a, b); }
MX_INLINE void gemm_store(float* to, GemmVector value) { _mm512_storeu_ps(to, value); }
inline constexpr int kGemmVectors = 4;  // of a tile: four rows of them fill half of the registers
#else
using GemmVector = __m256;
MX_INLINE GemmVector gemm_zero() { return _mm256_setzero_ps(); }
MX_INLINE GemmVector gemm_load(const float* from) { return _mm256_loadu_ps(from); }
MX_INLINE GemmVector gemm_repeat(float value) { return _mm256_set1_ps(value); }
MX_INLINE GemmVector gemm_fma(GemmVector a, GemmVector b, GemmVector c) { return _mm256_fmadd_ps(a, b, c); }
MX_INLINE GemmVector gemm_add(GemmVector a, GemmVector b) { return _mm256_add_ps(a, b); }
MX_INLINE void gemm_store(float* to, GemmVector value) { _mm256_storeu_ps(to, value); }
inline constexpr int kGemmVectors = 2;
#endif
inline constexpr int kGemmLanes = sizeof(GemmVector) / sizeof(float);

// One thread, rows of b whose length is a multiple of 16. Every element is one chain of fused multiply-adds, whatever
// the instruction set.
struct SmallGemm {
  static constexpr int kRows = 4;
  struct Sizes {
    int64_t k, a_row, a_column, b_row, c_row;
  };

  // `rest`: columns in use; fewer than the vectors hold only at the right edge.
  template <int rows, int vectors>
  static MX_INLINE void tile(const Sizes& s, const float* a, const float* b, const float* bias, float* c,
                             int64_t rest) {
    GemmVector sum[rows][vectors];
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < vectors; ++v) sum[r][v] = gemm_zero();
    for (int64_t p = 0; p < s.k; ++p) {
      GemmVector row[vectors];
      for (int v = 0; v < vectors; ++v) row[v] = gemm_load(b + p * s.b_row + v * kGemmLanes);
      for (int r = 0; r < rows; ++r) {
        const GemmVector x = gemm_repeat(a[r * s.a_row + p * s.a_column]);
        for (int v = 0; v < vectors; ++v) sum[r][v] = gemm_fma(x, row[v], sum[r][v]);
      }
    }
    for (int v = 0; v < vectors; ++v) {
      const int64_t left = rest - v * kGemmLanes, count = left < kGemmLanes ? left : kGemmLanes;
      if (count <= 0) break;
      float edge[kGemmLanes] = {};
      GemmVector add = gemm_zero();
      if (bias) {
        for (int64_t j = 0; j < count; ++j) edge[j] = bias[v * kGemmLanes + j];
        add = gemm_load(edge);
      }
      for (int r = 0; r < rows; ++r) {
        float* to = c + r * s.c_row + v * kGemmLanes;
        const GemmVector value = bias ? gemm_add(sum[r][v], add) : sum[r][v];
        if (count == kGemmLanes) {
          gemm_store(to, value);
          continue;
        }
        gemm_store(edge, value);
        for (int64_t j = 0; j < count; ++j) to[j] = edge[j];
      }
    }
  }

  template <int vectors>
  static MX_INLINE void columns(const Sizes& s, int64_t n, const float* a, const float* b, const float* bias, float* c,
                                int64_t rest) {
    int64_t i = 0;
    for (; i + kRows <= n; i += kRows) tile<kRows, vectors>(s, a + i * s.a_row, b, bias, c + i * s.c_row, rest);
    a += i * s.a_row, c += i * s.c_row;
    if (n - i == 3) tile<3, vectors>(s, a, b, bias, c, rest);
    if (n - i == 2) tile<2, vectors>(s, a, b, bias, c, rest);
    if (n - i == 1) tile<1, vectors>(s, a, b, bias, c, rest);
  }

  // in: a, b, bias or null. n: rows of a. extra: k, a's row and column stride, b's row stride, c's, columns in use.
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const int64_t* e = args.extra;
    const Sizes s = {e[0], e[1], e[2], e[3], e[4]};
    const float *a = static_cast<const float*>(in[0]), *b = static_cast<const float*>(in[1]),
                *bias = static_cast<const float*>(in[2]);
    float* c = static_cast<float*>(out[0]);
    int64_t j = 0;
    const auto advance = [&](int vectors) {
      const int64_t width = vectors * kGemmLanes;
      j += width, b += width, c += width, bias = bias ? bias + width : nullptr;
    };
    while (e[5] - j > (kGemmVectors - 1) * kGemmLanes || (kGemmVectors == 2 && j < e[5])) {
      columns<kGemmVectors>(s, n, a, b, bias, c, e[5] - j);
      advance(kGemmVectors);
    }
    while (j < e[5]) {
      if (e[5] - j > kGemmLanes) {
        columns<2>(s, n, a, b, bias, c, e[5] - j);
        advance(2);
      } else {
        columns<1>(s, n, a, b, bias, c, e[5] - j);
        advance(1);
      }
    }
  }
};

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(small_gemm, SmallGemm, float)

#if defined(MX_PASS_HOST)
#include <algorithm>
#include <cstring>

#include "op/matrix/gemm.h"

namespace mx {

static constexpr int64_t kAcross = 16;  // columns of b are padded to a multiple of this
static constexpr int64_t kMostWork = 1 << 19;

bool suits_small_gemm(const Gemm& g) {
  return g.dtype == DType::kFloat32 && g.batch == 1 && g.c.column == 1 && g.m * g.n <= kMostWork &&
         g.m * g.n * g.k <= kMostWork;
}

// b as padded rows.
static const float* pack(const OpContext& context, const Gemm& g, const float* b, int64_t width) {
  auto* packed = static_cast<float*>(context.workspace(static_cast<size_t>(g.k * width) * sizeof(float)));
  for (int64_t p = 0; p < g.k; ++p) std::memset(packed + p * width + g.n, 0, static_cast<size_t>(width - g.n) * 4);
  if (g.b.column == 1) {
    for (int64_t p = 0; p < g.k; ++p)
      std::memcpy(packed + p * width, b + p * g.b.row, static_cast<size_t>(g.n) * sizeof(float));
    return packed;
  }
  constexpr int64_t kBlock = 16;  // columns at a time, so that what is written stays close by
  for (int64_t from = 0; from < g.n; from += kBlock)
    for (int64_t p = 0; p < g.k; ++p)
      for (int64_t j = from; j < std::min(from + kBlock, g.n); ++j)
        packed[p * width + j] = b[p * g.b.row + j * g.b.column];
  return packed;
}

void small_gemm(const OpContext& context, const Gemm& g, const void* a, const void* b, void* c, const void* bias) {
  static const Loop loop = find_loop("small_gemm", DType::kFloat32);
  const int64_t width = (g.n + kAcross - 1) / kAcross * kAcross;
  const bool direct = g.b.column == 1 && width == g.n;
  const auto* rows = static_cast<const float*>(b);
  if (!direct) rows = pack(context, g, rows, width);
  const void* const in[] = {a, rows, bias};
  const int64_t extra[] = {g.k, g.a.row, g.a.column, direct ? g.b.row : width, g.c.row, g.n};
  loop(&c, in, g.m, {.extra = extra});
}

}  // namespace mx
#endif
