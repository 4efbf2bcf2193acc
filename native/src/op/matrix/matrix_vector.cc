// Products of a matrix and a vector, which memory bounds: oneDNN has nothing fast for them.
#include "mx/op.h"
#include "mx/op/reduce.h"

namespace mx {
enum MatrixVectorMode : int {
  kVectorRows,     // out[i] = the sum of in[0][i * stride + p] in[1][p], over `count` p
  kVectorColumns,  // out[i] = the sum of in[0][p * stride + i] in[1][p]
};
}  // namespace mx

namespace mx::MX_ISA {

// The order of a sum depends on the sizes alone.
struct MatrixVector {
  // extra: count, stride.
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const T *matrix = static_cast<const T*>(in[0]), *const x = static_cast<const T*>(in[1]);
    T* const y = static_cast<T*>(out[0]);
    const int64_t count = args.extra[0], stride = args.extra[1];
    if (args.mode == kVectorColumns) return columns(matrix, x, y, n, count, stride);
    const auto add = [](T a, T b) { return a + b; };
    for (int64_t i = 0; i < n; ++i, matrix += stride) {
      const auto product = [&](int64_t p) { return matrix[p] * x[p]; };
      if (count >= kRowLanes) {
        y[i] = combine_row<T>(count, product, add);
        continue;
      }
      T sum = 0;
      for (int64_t p = 0; p < count; ++p) sum += product(p);
      y[i] = sum;
    }
  }

 private:
  template <class T>
  static void columns(const T* matrix, const T* x, T* y, int64_t n, int64_t count, int64_t stride) {
    for (int64_t i = 0; i < n; ++i) y[i] = 0;
    int64_t p = 0;
    for (; p + 4 <= count; p += 4, matrix += 4 * stride) {  // four places to read from
      const T *const b = matrix + stride, *const c = b + stride, *const d = c + stride;
      const T x0 = x[p], x1 = x[p + 1], x2 = x[p + 2], x3 = x[p + 3];
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) y[i] = y[i] + ((matrix[i] * x0 + b[i] * x1) + (c[i] * x2 + d[i] * x3));
    }
    for (; p < count; ++p, matrix += stride)
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) y[i] += matrix[i] * x[p];
  }
};

}  // namespace mx::MX_ISA

MX_KERNELS(matrix_vector, MatrixVector, float, double)

#if defined(MX_PASS_HOST)
#include <algorithm>

#include "engine/threads.h"
#include "mx/op/kernel.h"
#include "op/matrix/gemm.h"

namespace mx {
namespace {

constexpr int64_t kPiece = 1 << 16;  // of a long row, that one task adds up
constexpr int64_t kStrip = 512;      // columns of one task

template <class T>
void rows(const OpContext& context, const T* matrix, const T* x, T* y, int64_t n, int64_t count, int64_t stride) {
  static const Loop loop = find_loop("matrix_vector", sizeof(T) == 8 ? DType::kFloat64 : DType::kFloat32);
  const int64_t pieces = (count + kPiece - 1) / kPiece;
  T* const sums = pieces == 1 ? y : static_cast<T*>(context.workspace(static_cast<size_t>(n * pieces) * sizeof(T)));
  engine::parallel_for(n * pieces, kGrain / std::min(count, kPiece) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end;) {
      const int64_t i = task / pieces, first = task % pieces * kPiece;
      const int64_t extra[] = {std::min(kPiece, count - first), stride}, together = pieces == 1 ? end - task : 1;
      void* out = sums + task;
      const void* in[] = {matrix + i * stride + first, x + first};
      loop(&out, in, together, {.mode = kVectorRows, .extra = extra});
      task += together;
    }
  });
  if (pieces == 1) return;
  for (int64_t i = 0; i < n; ++i) {
    y[i] = sums[i * pieces];
    for (int64_t piece = 1; piece < pieces; ++piece) y[i] += sums[i * pieces + piece];
  }
}

template <class T>
void columns(const T* matrix, const T* x, T* y, int64_t n, int64_t count, int64_t stride) {
  static const Loop loop = find_loop("matrix_vector", sizeof(T) == 8 ? DType::kFloat64 : DType::kFloat32);
  const int64_t strips = (n + kStrip - 1) / kStrip, extra[] = {count, stride};
  engine::parallel_for(strips, kGrain / (count * std::min(n, kStrip)) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t left = begin * kStrip; left < std::min(n, end * kStrip); left += kStrip) {
      void* out = y + left;
      const void* in[] = {matrix + left, x};
      loop(&out, in, std::min(kStrip, n - left), {.mode = kVectorColumns, .extra = extra});
    }
  });
}

}  // namespace

bool suits_matrix_vector(const Gemm& g) {
  if (g.batch != 1 || g.with_bias || g.k == 0) return false;
  if (g.dtype != DType::kFloat32 && g.dtype != DType::kFloat64) return false;
  if (g.n == 1) return g.b.row == 1 && (g.c.row == 1 || g.m == 1) && (g.a.column == 1 || g.a.row == 1);
  return g.m == 1 && g.a.column == 1 && g.c.column == 1 && (g.b.column == 1 || g.b.row == 1);
}

void matrix_vector(const OpContext& context, const Gemm& g, const void* a, const void* b, void* c) {
  const bool right = g.n == 1;  // the matrix is on the left
  const int64_t n = right ? g.m : g.n, row = right ? g.a.row : g.b.column, column = right ? g.a.column : g.b.row;
  const auto run = [&]<class T>(T) {
    const T *matrix = static_cast<const T*>(right ? a : b), *x = static_cast<const T*>(right ? b : a);
    if (column == 1)
      rows(context, matrix, x, static_cast<T*>(c), n, g.k, row);
    else
      columns(matrix, x, static_cast<T*>(c), n, g.k, column);
  };
  if (g.dtype == DType::kFloat32)
    run(float());
  else
    run(double());
}

}  // namespace mx
#endif
