// Products of matrices so small that preparing and calling a primitive of oneDNN would take longer than the product.
#include "mx/op.h"

#if defined(MX_ISA)
#include "op/matrix/gemm_vector.h"

namespace mx::MX_ISA {

// One thread; the elements of a row of b are neighbours. Every element is one chain of fused multiply-adds, whatever
// the instruction set.
struct SmallGemm {
  static constexpr int kRows = 4;
  struct Sizes {
    int64_t k, a_row, a_column, b_row, c_row;
  };

  // `last`: the columns in use of the last vector; the others are full.
  template <int rows, int vectors>
  static MX_INLINE void tile(const Sizes& s, const float* a, const float* b, const float* bias, float* c,
                             GemmMask last) {
    constexpr int kEdge = vectors - 1;
    const auto load = [last](const float* from, int v) {
      return v < kEdge ? gemm_load(from + v * kGemmLanes) : gemm_load(from + v * kGemmLanes, last);
    };
    GemmVector sum[rows][vectors];
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < vectors; ++v) sum[r][v] = gemm_zero();
    for (int64_t p = 0; p < s.k; ++p) {
      GemmVector row[vectors];
      for (int v = 0; v < vectors; ++v) row[v] = load(b + p * s.b_row, v);
      for (int r = 0; r < rows; ++r) {
        const GemmVector x = gemm_repeat(a[r * s.a_row + p * s.a_column]);
        for (int v = 0; v < vectors; ++v) sum[r][v] = gemm_fma(x, row[v], sum[r][v]);
      }
    }
    for (int v = 0; v < vectors; ++v) {
      const GemmVector add = bias ? load(bias, v) : gemm_zero();
      for (int r = 0; r < rows; ++r) {
        float* to = c + r * s.c_row + v * kGemmLanes;
        const GemmVector value = bias ? gemm_add(sum[r][v], add) : sum[r][v];
        if (v < kEdge)
          gemm_store(to, value);
        else
          gemm_store(to, value, last);
      }
    }
  }

  // At most so many vectors of columns: `left` is at least one more than the others hold.
  template <int vectors>
  static MX_INLINE void columns(const Sizes& s, int64_t n, const float* a, const float* b, const float* bias, float* c,
                                int64_t left) {
    const GemmMask last = gemm_mask(left - (vectors - 1) * kGemmLanes);
    int64_t i = 0;
    const auto tiles = [&]<int rows>() {
      for (; i + rows <= n; i += rows) tile<rows, vectors>(s, a + i * s.a_row, b, bias, c + i * s.c_row, last);
    };
    if constexpr (vectors == 1) tiles.template operator()<2 * kRows>();  // sums enough to hide how long one takes
    tiles.template operator()<kRows>();
    if (n - i == 3) tiles.template operator()<3>();
    tiles.template operator()<2>();
    tiles.template operator()<1>();
  }

  // in: a, b, bias or null. n: rows of a. extra: k, a's row and column stride, b's row stride, c's, columns.
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const int64_t* e = args.extra;
    const Sizes s = {e[0], e[1], e[2], e[3], e[4]};
    const float *a = static_cast<const float*>(in[0]), *b = static_cast<const float*>(in[1]),
                *bias = static_cast<const float*>(in[2]);
    float* c = static_cast<float*>(out[0]);
    for (int64_t left = e[5]; left > 0;) {
      int vectors = 1;
      if (left > (kGemmVectors - 1) * kGemmLanes)
        columns<kGemmVectors>(s, n, a, b, bias, c, left), vectors = kGemmVectors;
      else if (left > kGemmLanes)
        columns<2>(s, n, a, b, bias, c, left), vectors = 2;
      else
        columns<1>(s, n, a, b, bias, c, left);
      const int64_t width = vectors * kGemmLanes;
      left -= width, b += width, c += width, bias = bias ? bias + width : nullptr;
    }
  }
};

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(small_gemm, SmallGemm, float)

#if defined(MX_PASS_HOST)
#include "mx/op/strided.h"
#include "op/matrix/gemm.h"

namespace mx {

static constexpr int64_t kMostWork = 1 << 19, kMostPacked = 1 << 15;

bool suits_small_gemm(const Gemm& g) {
  return g.dtype == DType::kFloat32 && g.batch == 1 && g.c.column == 1 && g.m * g.n <= kMostWork &&
         g.m * g.n * g.k <= kMostWork && (g.b.column == 1 || g.k * g.n <= kMostPacked);
}

// Columns of b that are apart become rows whose elements are neighbours.
static const float* pack(const OpContext& context, const Gemm& g, const float* b) {
  auto* packed = static_cast<float*>(context.workspace(static_cast<size_t>(g.k * g.n) * sizeof(float)));
  StridedCopy copy;
  copy.axis(g.k, g.b.row, g.n);
  copy.axis(g.n, g.b.column, 1);
  copy.run(b, packed, sizeof(float));
  return packed;
}

void small_gemm(const OpContext& context, const Gemm& g, const void* a, const void* b, void* c, const void* bias) {
  static const Loop loop = find_loop("small_gemm", DType::kFloat32);
  const bool direct = g.b.column == 1;
  const auto* const given = static_cast<const float*>(b);
  const void* const in[] = {a, direct ? given : pack(context, g, given), bias};
  const int64_t extra[] = {g.k, g.a.row, g.a.column, direct ? g.b.row : g.n, g.c.row, g.n};
  loop(&c, in, g.m, {.extra = extra});
}

}  // namespace mx
#endif
