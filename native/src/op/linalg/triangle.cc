#include "op/linalg/triangle.h"

#if defined(MX_ISA)
#include <immintrin.h>

namespace mx::MX_ISA {

#if defined(__AVX512F__)
inline constexpr int kTriangleRows = 8;  // whose sums of two vectors fill half of the registers
MX_INLINE __m512 load(const float* from) { return _mm512_loadu_ps(from); }
MX_INLINE __m512d load(const double* from) { return _mm512_loadu_pd(from); }
MX_INLINE __m512 repeat(float value) { return _mm512_set1_ps(value); }
MX_INLINE __m512d repeat(double value) { return _mm512_set1_pd(value); }
MX_INLINE __m512 minus_product(__m512 a, __m512 b, __m512 c) { return _mm512_fnmadd_ps(a, b, c); }
MX_INLINE __m512d minus_product(__m512d a, __m512d b, __m512d c) { return _mm512_fnmadd_pd(a, b, c); }
MX_INLINE __m512 product(__m512 a, __m512 b) { return _mm512_mul_ps(a, b); }
MX_INLINE __m512d product(__m512d a, __m512d b) { return _mm512_mul_pd(a, b); }
MX_INLINE void store(float* to, __m512 value) { _mm512_storeu_ps(to, value); }
MX_INLINE void store(double* to, __m512d value) { _mm512_storeu_pd(to, value); }
#else
inline constexpr int kTriangleRows = 4;
MX_INLINE __m256 load(const float* from) { return _mm256_loadu_ps(from); }
MX_INLINE __m256d load(const double* from) { return _mm256_loadu_pd(from); }
MX_INLINE __m256 repeat(float value) { return _mm256_set1_ps(value); }
MX_INLINE __m256d repeat(double value) { return _mm256_set1_pd(value); }
MX_INLINE __m256 minus_product(__m256 a, __m256 b, __m256 c) { return _mm256_fnmadd_ps(a, b, c); }
MX_INLINE __m256d minus_product(__m256d a, __m256d b, __m256d c) { return _mm256_fnmadd_pd(a, b, c); }
MX_INLINE __m256 product(__m256 a, __m256 b) { return _mm256_mul_ps(a, b); }
MX_INLINE __m256d product(__m256d a, __m256d b) { return _mm256_mul_pd(a, b); }
MX_INLINE void store(float* to, __m256 value) { _mm256_storeu_ps(to, value); }
MX_INLINE void store(double* to, __m256d value) { _mm256_storeu_pd(to, value); }
#endif

// A few rows of two vectors at a time: what the rows before contribute is a product of matrices, then those of the
// tile are solved one after another.
struct SolveStrip {
  static constexpr int kVectors = 2;
  struct Steps {
    int64_t a_row, a_column, x_row;
    bool unit;
  };

  // Rows `first` and so on of x, less what those before contribute. Not inlined: the sums shall stay in registers.
  template <int rows, class T>
  [[gnu::noinline]] static void subtract(const Steps& s, const T* a, T* x, int64_t first) {
    constexpr int kLanes = sizeof(load(x)) / sizeof(T);
    decltype(load(x)) sum[rows][kVectors];
    T* const to = x + first * s.x_row;
    a += first * s.a_row;
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < kVectors; ++v) sum[r][v] = load(to + r * s.x_row + v * kLanes);
    for (int64_t k = 0; k < first; ++k, x += s.x_row, a += s.a_column)
#pragma GCC unroll 8
      for (int r = 0; r < rows; ++r) {
        const auto factor = repeat(a[r * s.a_row]);
        for (int v = 0; v < kVectors; ++v) sum[r][v] = minus_product(factor, load(x + v * kLanes), sum[r][v]);
      }
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < kVectors; ++v) store(to + r * s.x_row + v * kLanes, sum[r][v]);
  }

  template <int rows, class T>
  static MX_INLINE void tile(const Steps& s, const T* a, T* x, int64_t first) {
    constexpr int kLanes = sizeof(load(x)) / sizeof(T);
    if (first > 0) subtract<rows>(s, a, x, first);
    x += first * s.x_row, a += first * (s.a_row + s.a_column);
    decltype(load(x)) known[rows][kVectors];
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      for (int v = 0; v < kVectors; ++v) known[r][v] = load(x + r * s.x_row + v * kLanes);
#pragma GCC unroll 8
      for (int k = 0; k < r; ++k) {
        const auto factor = repeat(a[r * s.a_row + k * s.a_column]);
        for (int v = 0; v < kVectors; ++v) known[r][v] = minus_product(factor, known[k][v], known[r][v]);
      }
      if (!s.unit) {
        const auto factor = repeat(T(1) / a[r * (s.a_row + s.a_column)]);
        for (int v = 0; v < kVectors; ++v) known[r][v] = product(known[r][v], factor);
      }
      for (int v = 0; v < kVectors; ++v) store(x + r * s.x_row + v * kLanes, known[r][v]);
    }
  }

  // in: the first element of a lower triangle. out: that of the strip, whose rows before `begin` are solved. n: rows
  // to solve up to. extra: begin, strides of the triangle, stride of the strip, whether the diagonal is ones.
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const int64_t* const e = args.extra;
    const Steps s = {e[1], e[2], e[3], e[4] != 0};
    const T* const a = static_cast<const T*>(in[0]);
    T* const x = static_cast<T*>(out[0]);
    constexpr int kColumns = kVectors * sizeof(load(x)) / sizeof(T);
    for (int64_t column = 0; column < kStrip; column += kColumns) {
      int64_t i = e[0];
      for (; i + kTriangleRows <= n; i += kTriangleRows) tile<kTriangleRows>(s, a, x + column, i);
      for (; i + 2 <= n; i += 2) tile<2>(s, a, x + column, i);
      if (i < n) tile<1>(s, a, x + column, i);
    }
  }
};

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(_linalg_solve_strip, SolveStrip, float, double)

#if defined(MX_PASS_HOST)
#include <algorithm>

namespace mx {

static constexpr int64_t kRowsAtOnce = 256;  // of the triangle: they stay in the cache while all strips use them

template <class T>
void solve_strips(const Triangle<T>& t, T* x, int64_t strips) {
  static const Loop loop = find_loop("_linalg_solve_strip", dtype_of<T>);
  // An upper triangle is a lower one from its last corner on.
  const int64_t sign = t.lower ? 1 : -1, last = t.lower ? 0 : t.n - 1;
  const void* in[] = {t.data + last * (t.row + t.column)};
  const int64_t rows = strips == 1 ? t.n : kRowsAtOnce;
  for (int64_t begin = 0; begin < t.n; begin += rows)
    for (int64_t strip = 0; strip < strips; ++strip) {
      void* out[] = {x + (strip * t.n + last) * kStrip};
      const int64_t extra[] = {begin, sign * t.row, sign * t.column, sign * kStrip, t.unit};
      loop(out, in, std::min(t.n, begin + rows), {.extra = extra});
    }
}

// to[i * to_row + j] = from[j * from_row + i]
template <class T>
static void transpose(const T* from, int64_t from_row, T* to, int64_t to_row, int64_t rows, int64_t columns) {
  static const Loop loop = find_loop("transposed_copy", sizeof(T) == 4 ? DType::kInt32 : DType::kInt64);
  const int64_t extra[] = {rows, columns, from_row, to_row};
  const void* in[] = {from};
  void* out[] = {to};
  loop(out, in, 0, {.extra = extra});
}

template <class T>
void fill_strip(const T* matrix, int64_t row, bool transposed, int64_t n, int64_t width, T* strip) {
  if (width < kStrip) std::fill_n(strip, n * kStrip, T(0));
  if (transposed) return transpose(matrix, row, strip, kStrip, n, width);
  for (int64_t i = 0; i < n; ++i) std::copy_n(matrix + i * row, width, strip + i * kStrip);
}
template <class T>
void empty_strip(const T* strip, int64_t n, int64_t width, T* matrix, int64_t row, bool transposed) {
  if (transposed) return transpose(strip, kStrip, matrix, row, width, n);
  for (int64_t i = 0; i < n; ++i) std::copy_n(strip + i * kStrip, width, matrix + i * row);
}
template <class T>
void solve_rows(const Triangle<T>& t, T* rows, int64_t row, int64_t count) {
  Strips<T> x(t.n, 1);
  for (int64_t first = 0; first < count; first += kStrip) {
    const int64_t width = std::min(kStrip, count - first);
    fill_strip(rows + first * row, row, true, t.n, width, x[0]);
    solve_strips(t, x[0], 1);
    empty_strip(x[0], t.n, width, rows + first * row, row, true);
  }
}

#define MX_STRIPS(T)                                                        \
  template void solve_strips(const Triangle<T>&, T*, int64_t);              \
  template void fill_strip(const T*, int64_t, bool, int64_t, int64_t, T*);  \
  template void empty_strip(const T*, int64_t, int64_t, T*, int64_t, bool); \
  template void solve_rows(const Triangle<T>&, T*, int64_t, int64_t);
MX_STRIPS(float)
MX_STRIPS(double)
#undef MX_STRIPS

}  // namespace mx
#endif
