// Products whose first matrix is never formed: element (i, p) stands at rows[i] + columns[p] of an image.
#include "mx/op.h"

#if defined(MX_ISA)
#include "op/matrix/gemm_vector.h"

namespace mx::MX_ISA {

// c = a b, one thread. Rows of b and c are neighbours in memory.
struct PatchGemm {
  static constexpr int kRows = 6;  // by four vectors: three quarters of the registers
  struct Sizes {
    int64_t k, b_row, c_row;
    bool add;  // c holds values, which are added to
  };

  // `last`: the columns in use of the last vector; the others are full.
  template <int rows, int vectors>
  static MX_INLINE void tile(const Sizes& s, const float* a, const int64_t* row, const int64_t* column, const float* b,
                             const float* bias, float* c, GemmMask last) {
    constexpr int kEdge = vectors - 1;
    const auto load = [last](const float* from, int v) {
      return v < kEdge ? gemm_load(from + v * kGemmLanes) : gemm_load(from + v * kGemmLanes, last);
    };
    const float* from[rows];
    for (int r = 0; r < rows; ++r) from[r] = a + row[r];
    GemmVector sum[rows][vectors];
    for (int v = 0; v < vectors; ++v) {
      const GemmVector start = bias ? load(bias, v) : gemm_zero();
      for (int r = 0; r < rows; ++r) sum[r][v] = start;
    }
    for (int64_t p = 0; p < s.k; ++p) {
      GemmVector line[vectors];
      for (int v = 0; v < vectors; ++v) line[v] = load(b + p * s.b_row, v);
      const int64_t at = column[p];
      for (int r = 0; r < rows; ++r) {
        const GemmVector x = gemm_repeat(from[r][at]);
        for (int v = 0; v < vectors; ++v) sum[r][v] = gemm_fma(x, line[v], sum[r][v]);
      }
    }
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < vectors; ++v) {
        float* to = c + r * s.c_row;
        const GemmVector value = s.add ? gemm_add(sum[r][v], load(to, v)) : sum[r][v];
        if (v < kEdge)
          gemm_store(to + v * kGemmLanes, value);
        else
          gemm_store(to + v * kGemmLanes, value, last);
      }
  }

  template <int vectors>
  static MX_INLINE void columns(const Sizes& s, int64_t n, const float* a, const int64_t* row, const int64_t* column,
                                const float* b, const float* bias, float* c, int64_t left) {
    const GemmMask last = gemm_mask(left - (vectors - 1) * kGemmLanes);
    int64_t i = 0;
    for (; i + kRows <= n; i += kRows) tile<kRows, vectors>(s, a, row + i, column, b, bias, c + i * s.c_row, last);
    for (; i + 2 <= n; i += 2) tile<2, vectors>(s, a, row + i, column, b, bias, c + i * s.c_row, last);
    if (i < n) tile<1, vectors>(s, a, row + i, column, b, bias, c + i * s.c_row, last);
  }

  // in: a, b, bias or null, rows, columns (int64). n: rows. extra: k, b's row stride, c's, columns of b, whether to
  // add.
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const int64_t* e = args.extra;
    const Sizes s = {e[0], e[1], e[2], e[4] != 0};
    const float *a = static_cast<const float*>(in[0]), *b = static_cast<const float*>(in[1]),
                *bias = static_cast<const float*>(in[2]);
    const int64_t *row = static_cast<const int64_t*>(in[3]), *column = static_cast<const int64_t*>(in[4]);
    float* c = static_cast<float*>(out[0]);
    for (int64_t left = e[3]; left > 0;) {
      int vectors = 1;
      if (left > (kGemmVectors - 1) * kGemmLanes)
        columns<kGemmVectors>(s, n, a, row, column, b, bias, c, left), vectors = kGemmVectors;
      else if (left > kGemmLanes)
        columns<2>(s, n, a, row, column, b, bias, c, left), vectors = 2;
      else
        columns<1>(s, n, a, row, column, b, bias, c, left);
      const int64_t width = vectors * kGemmLanes;
      left -= width, b += width, c += width, bias = bias ? bias + width : nullptr;
    }
  }
};

// The way back: adds each row of a matrix to the places of an image that it stands for, in pieces of neighbours.
struct PatchScatter {
  // in: matrix, rows, pieces (int64). n: rows. extra: pieces, length of one.
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const T* matrix = static_cast<const T*>(in[0]);
    const int64_t *row = static_cast<const int64_t*>(in[1]), *piece = static_cast<const int64_t*>(in[2]);
    const int64_t pieces = args.extra[0], length = args.extra[1];
    T* image = static_cast<T*>(out[0]);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t k = 0; k < pieces; ++k, matrix += length) {
        T* to = image + row[i] + piece[k];
#pragma GCC ivdep
        for (int64_t j = 0; j < length; ++j) to[j] += matrix[j];
      }
  }
};

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(patch_gemm, PatchGemm, float)
MX_KERNELS(patch_scatter, PatchScatter, float)
