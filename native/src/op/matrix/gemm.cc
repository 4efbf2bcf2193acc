#include "mx/op.h"

#if defined(MX_ISA)
#include <immintrin.h>

namespace mx::MX_ISA {

#if defined(__AVX512F__)
using Doubles = __m512d;
MX_INLINE Doubles load(const double* from) { return _mm512_loadu_pd(from); }
MX_INLINE Doubles repeat(double value) { return _mm512_set1_pd(value); }
MX_INLINE Doubles multiply_add(Doubles a, Doubles b, Doubles c) { return _mm512_fmadd_pd(a, b, c); }
MX_INLINE void store(double* to, Doubles value) { _mm512_storeu_pd(to, value); }
inline constexpr int kPanelRows = 8;  // with 16 columns the sums fill half of the registers
#else
using Doubles = __m256d;
MX_INLINE Doubles load(const double* from) { return _mm256_loadu_pd(from); }
MX_INLINE Doubles repeat(double value) { return _mm256_set1_pd(value); }
MX_INLINE Doubles multiply_add(Doubles a, Doubles b, Doubles c) { return _mm256_fmadd_pd(a, b, c); }
MX_INLINE void store(double* to, Doubles value) { _mm256_storeu_pd(to, value); }
inline constexpr int kPanelRows = 3;
#endif

// A few rows by sixteen columns at a time. The sixteen columns of b were packed side by side, padded with zeros. Every
// element is one chain of fused multiply-adds, whatever the instruction set.
struct GemmPanel {
  static constexpr int kColumns = 16, kLanes = sizeof(Doubles) / sizeof(double), kVectors = kColumns / kLanes;

  template <int rows>
  static MX_INLINE void tile(const double* a, int64_t a_row, int64_t a_column, const double* panel, int64_t k,
                             double* c, int64_t c_row, int64_t c_column, int64_t columns, const double* bias) {
    Doubles sum[rows][kVectors];
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < kVectors; ++v) sum[r][v] = repeat(0);
    for (int64_t p = 0; p < k; ++p) {
      Doubles row[kVectors];
      for (int v = 0; v < kVectors; ++v) row[v] = load(panel + p * kColumns + v * kLanes);
      for (int r = 0; r < rows; ++r) {
        const Doubles x = repeat(a[r * a_row + p * a_column]);
        for (int v = 0; v < kVectors; ++v) sum[r][v] = multiply_add(x, row[v], sum[r][v]);
      }
    }
    const bool whole = c_column == 1 && columns == kColumns && !bias;
    for (int r = 0; r < rows; ++r) {
      double line[kColumns], *const to = c + r * c_row;
      for (int v = 0; v < kVectors; ++v) store((whole ? to : line) + v * kLanes, sum[r][v]);
      if (whole) continue;
      for (int64_t j = 0; j < columns; ++j) to[j * c_column] = line[j] + (bias ? bias[j] : 0);
    }
  }

  // in: a, the panel (k, 16), bias or null. n: rows of a. extra: k, a's row and column stride, c's, columns in use.
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const int64_t *e = args.extra, k = e[0], a_row = e[1], a_column = e[2], c_row = e[3], c_column = e[4],
                  columns = e[5];
    const T *a = static_cast<const T*>(in[0]), *panel = static_cast<const T*>(in[1]),
            *bias = static_cast<const T*>(in[2]);
    T* c = static_cast<T*>(out[0]);
    int64_t i = 0;
    for (; i + kPanelRows <= n; i += kPanelRows)
      tile<kPanelRows>(a + i * a_row, a_row, a_column, panel, k, c + i * c_row, c_row, c_column, columns, bias);
    for (; i < n; ++i) tile<1>(a + i * a_row, a_row, a_column, panel, k, c + i * c_row, c_row, c_column, columns, bias);
  }
};

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(gemm, GemmPanel, double)

#if defined(MX_PASS_HOST)
#include <algorithm>
#include <cstring>

#include "device/gemm.h"
#include "device/scope.h"
#include "engine/threads.h"
#include "op/matrix/gemm.h"
#include "op/onednn/cache.h"

namespace mx {

static constexpr int64_t kColumns = 16;  // of a panel, as in the loop

int64_t gemm_scratch(const Gemm& g) { return g.batch * ((g.n + kColumns - 1) / kColumns) * g.k * kColumns; }

void gemm_float64(const Gemm& g, const double* a, const double* b, double* c, const double* bias, double* scratch) {
  static const Loop loop = find_loop("gemm", DType::kFloat64);
  const int64_t panels = (g.n + kColumns - 1) / kColumns, panel_size = g.k * kColumns;
  const int64_t work = std::max<int64_t>(1, g.m * panel_size);
  engine::parallel_for(g.batch * panels, std::max<int64_t>(1, (1 << 17) / work), [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; ++at) {
      const int64_t batch = at / panels, j = at % panels * kColumns, columns = std::min(kColumns, g.n - j);
      double* panel = scratch + at * panel_size;
      const double* from = b + batch * g.b.batch + j * g.b.column;
      for (int64_t p = 0; p < g.k; ++p)
        for (int64_t q = 0; q < kColumns; ++q)
          panel[p * kColumns + q] = q < columns ? from[p * g.b.row + q * g.b.column] : 0.0;
      void* out[] = {c + batch * g.c.batch + j * g.c.column};
      const void* in[] = {a + batch * g.a.batch, panel, bias ? bias + j : nullptr};
      const int64_t extra[] = {g.k, g.a.row, g.a.column, g.c.row, g.c.column, columns};
      loop(out, in, g.m, {.extra = extra});
    }
  });
}

static onednn::Desc describe(const Gemm& g, int64_t rows, int64_t columns, Strides s, onednn::Type type) {
  // A stride over a dimension of one is never used; oneDNN wants it to look dense.
  if (rows == 1 && s.column != 1) s.row = 1;
  if (rows == 1 && s.column == 1) s.row = columns;
  if (columns == 1 && s.row == 1) s.column = rows;
  if (columns == 1 && s.row != 1) s.column = 1;
  if (g.batch == 1) return {{rows, columns}, type, {s.row, s.column}};
  return {{g.batch, rows, columns}, type, {s.batch, s.row, s.column}};
}

static onednn::Call make_call(const OpContext& context, const Gemm& g) {
  using namespace onednn;
  const Type given = type_of(g.dtype, context.op.name), type = compute_type(g.dtype, context.op.name);
  const Desc a = describe(g, g.m, g.k, g.a, type), b = describe(g, g.k, g.n, g.b, type),
             c = describe(g, g.m, g.n, g.c, type);
  const Desc given_a = describe(g, g.m, g.k, g.a, given), given_b = describe(g, g.k, g.n, g.b, given),
             given_c = describe(g, g.m, g.n, g.c, given);
  if (!g.with_bias)
    return {dnnl::matmul::primitive_desc(cpu(), a, b, c, attributes()),
            {in(DNNL_ARG_SRC, given_a), in(DNNL_ARG_WEIGHTS, given_b), out(DNNL_ARG_DST, given_c)}};
  auto vector = [&](Type t) { return describe({1, 1, g.n, 1}, 1, g.n, {0, g.n, 1}, t); };
  auto bias = [&](Type t) { return g.batch == 1 ? vector(t) : vector(t).reshape({1, 1, g.n}); };
  return {dnnl::matmul::primitive_desc(cpu(), a, b, bias(type), c, attributes()),
          {in(DNNL_ARG_SRC, given_a), in(DNNL_ARG_WEIGHTS, given_b), out(DNNL_ARG_DST, given_c),
           in(DNNL_ARG_BIAS, bias(given))}};
}

void gemm(const OpContext& context, const Gemm& g, const void* a, const void* b, void* c, const void* bias) {
  if (device::current()) return device::run_gemm(g, a, b, c, bias);
  if (g.batch == 0 || g.m == 0 || g.n == 0) return;
  if (suits_matrix_vector(g)) return matrix_vector(context, g, a, b, c);
  if (g.dtype == DType::kFloat64) {
    auto* scratch = static_cast<double*>(context.workspace(sizeof(double) * static_cast<size_t>(gemm_scratch(g))));
    return gemm_float64(g, static_cast<const double*>(a), static_cast<const double*>(b), static_cast<double*>(c),
                        static_cast<const double*>(bias), scratch);
  }
  if (suits_small_gemm(g)) return small_gemm(context, g, a, b, c, bias);
  if (g.c.column != 1 && g.c.row == 1 && !g.with_bias)  // oneDNN writes rows: compute the transpose
    return gemm(context, {g.batch, g.n, g.m, g.k, transposed(g.b), transposed(g.a), transposed(g.c), g.dtype}, b, a, c);
  if (suits_blocked_gemm(g))
    return blocked_gemm(context, g, static_cast<const float*>(a), static_cast<const float*>(b), static_cast<float*>(c),
                        static_cast<const float*>(bias));
  if (g.k == 0) {  // an empty sum; oneDNN would leave c alone
    MX_CHECK(!g.with_bias, kUnsupported, "[", context.op.name, "] the inner dimension of the product is 0");
    const int64_t bytes = g.batch * g.m * g.n * static_cast<int64_t>(size_of(g.dtype));
    std::memset(c, 0, static_cast<size_t>(bytes));
    return;
  }
  const double products = static_cast<double>(g.batch * g.m) * static_cast<double>(g.n * g.k);
  // A matrix and a vector: every product has a number of its own to read.
  const double read = g.m == 1 || g.n == 1 ? products * static_cast<double>(size_of(g.dtype)) : 0;
  onednn::Key key("gemm", {.flops = 2 * products, .bytes = read});
  key.add(g.batch).add(g.m).add(g.n).add(g.k).add(g.dtype).add(g.with_bias);
  for (const Strides& s : {g.a, g.b, g.c}) key.add(s.batch).add(s.row).add(s.column);
  auto call = onednn::prepare(context, key, [&] { return make_call(context, g); });
  if (g.with_bias)
    call->run(context, {a, b, c, bias});
  else
    call->run(context, {a, b, c});
}

}  // namespace mx
#endif
