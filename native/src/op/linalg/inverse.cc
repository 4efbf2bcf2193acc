// Inverses and determinants, by LU factors.
#include <cmath>
#include <limits>
#include <memory>

#include "op/linalg/algebra.h"
#include "op/linalg/batch.h"
#include "op/linalg/panels.h"
#include "op/linalg/triangle.h"

namespace mx {
namespace {

// a becomes the factors of its transpose, A^T = P L U, as LAPACK gives them: U in the lower triangle. What is below the
// diagonal of L is in its final order only where it is `wanted`. Returns the first row with a zero in the diagonal of
// U.
template <class T>
int factor_lu(T* a, int n, int* pivots, bool wanted) {
  const auto size = static_cast<int>(panel_size(n));
  int singular = 0;
  factor_by_panels(
      n, size, worth_dividing(n),
      [&](int64_t first, int64_t rows) {
        const int before = static_cast<int>(first);
        const int info = lapack::lu(a + first * (n + 1), static_cast<int>(rows), n - before, n, pivots + first);
        if (info > 0 && singular == 0) singular = before + info;
        return 0;
      },
      [&](int64_t panel, int64_t first, int64_t rows) {
        T *const corner = a + panel * (n + 1), *const to = a + first * n + panel;
        const int m = static_cast<int>(rows);
        lapack::swap_columns(to, m, n, pivots + panel, size);
        solve_rows(Triangle<T>{corner, size, 1, n, true, true}, to, n, rows);
        lapack::subtract_product(m, n - static_cast<int>(panel) - size, size, to, n, corner + size, n, false, to + size,
                                 n);
      });
  // So far every panel counted from its own first row.
  if (wanted)
    engine::parallel_for((n - 1) / size, worth_dividing(n) ? 1 : n, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        for (int64_t later = (i + 1) * size; later < n; later += size)
          lapack::swap_columns(a + i * size * n + later, size, n, pivots + later,
                               static_cast<int>(std::min<int64_t>(size, n - later)));
    });
  for (int i = 0; i < n; ++i) pivots[i] += i / size * size;
  return singular;
}

// out = the inverse of every matrix; zeros for singular ones where these are allowed.
void invert(const OpContext& ctx, bool allow_singular) {
  const Matrices m(ctx.in[0].shape);
  const int n = lapack_size(ctx, m.rows);
  if (ctx.in[0].size() == 0) return;
  with_lapack(ctx, [&]<class T>(T) {
    T* const factors = static_cast<T*>(ctx.workspace(ctx.in[0].bytes()));
    std::memcpy(factors, ctx.in[0].data, ctx.in[0].bytes());
    int* const pivots = static_cast<int*>(ctx.workspace(static_cast<size_t>(m.count * n) * sizeof(int)));
    each_matrix<T>(ctx, m.count, m.size() * n, "is singular", [&](T, int64_t i) {
      const int info = factor_lu(factors + i * m.size(), n, pivots + i * n, true);
      if (info == 0 || !allow_singular) return info;
      pivots[i * n] = 0;  // they count from 1
      return 0;
    });
    // A^T = P L U, so the columns of the inverse of A are those of P L^-T U^-T.
    each_strip(m.count, (n + kStrip - 1) / kStrip, m.size() * kStrip, [&](int64_t i, int64_t strip) {
      const int64_t first = strip * kStrip, width = std::min(kStrip, n - first);
      T* const to = ctx.out[0].as<T>() + i * m.size() + first;
      const int* const pivot = pivots + i * n;
      Strips<T> strips(n, 1);
      T* const x = strips[0];
      std::fill_n(x, n * kStrip, T(0));
      if (pivot[0] > 0) {
        for (int64_t k = 0; k < width; ++k) x[(first + k) * kStrip + k] = 1;
        const Triangle<T> lower{factors + i * m.size(), n, n, 1, true}, upper{lower.data, n, n, 1, false, true};
        solve_strips(lower.without(first), x + first * kStrip, 1);
        solve_strips(upper, x, 1);
        for (int64_t k = n - 1; k >= 0; --k)
          if (pivot[k] != k + 1) std::swap_ranges(x + k * kStrip, x + (k + 1) * kStrip, x + (pivot[k] - 1) * kStrip);
      }
      empty_strip(x, n, width, to, n, false);
    });
  });
}

// For every matrix: the sign of the determinant and the logarithm of its size, or sign and determinant.
template <class Store>
void determinants(const OpContext& ctx, Store store) {
  const Matrices m(ctx.in[0].shape);
  const int n = lapack_size(ctx, m.rows);
  with_lapack(ctx, [&]<class T>(T) {
    T* const copies = static_cast<T*>(ctx.workspace(ctx.in[0].bytes()));
    std::memcpy(copies, ctx.in[0].data, ctx.in[0].bytes());
    each_matrix<T>(ctx, m.count, m.size() * n, "could not be factored", [&](T, int64_t i) {
      T* const a = copies + i * m.size();
      const auto pivots = std::make_unique_for_overwrite<int[]>(static_cast<size_t>(n));
      const int info = factor_lu(a, n, pivots.get(), false);  // above 0: singular
      T sign = 1, product = 1, logarithm = 0;
      for (int64_t k = 0; k < n; ++k) {
        const T x = a[k * (n + 1)];
        if (pivots[static_cast<size_t>(k)] != k + 1) sign = -sign;
        product *= x, logarithm += std::log(std::abs(x));
        if (x < 0) sign = -sign;
      }
      if (info > 0) sign = 0, product = 0, logarithm = -std::numeric_limits<T>::infinity();
      store(i, sign, sign * std::abs(product), logarithm);
      return 0;
    });
  });
}

OpDef& on_square(OpDef& op) { return op.input("A", "The square matrices.").amp(Amp::kFloat32); }

void infer_square(const InferShape& s) {
  s.same(0, 0);
  check_matrices(s, 0, true);
}
void infer_numbers(const InferShape& s) {
  check_matrices(s, 0, true);
  if (!s.in[0].rank_known()) return;
  for (size_t i = 0; i < s.out.size(); ++i) s.set_output(i, per_matrix(s.in[0]));
}

void inverse_gradient(GradientContext& g) {
  const Algebra algebra(g.builder());
  const Value inverse = g.output(0);
  const Value inner = algebra.product(inverse, g.head(), Algebra::kTransposeA);
  g.set(0, algebra.product(inner, inverse, Algebra::kTransposeB, -1));
}

// `numbers` times the transposes of the inverses; singular matrices get zeros.
Value scaled_inverse(GradientContext& g, const Value& numbers) {
  const Algebra algebra(g.builder());
  return algebra.scaled(algebra.transposed(g.call("_linalg_inverse_or_zero", {g.input(0)})), numbers);
}

}  // namespace

MX_OPERATOR(_linalg_inverse) {
  on_square(op)
      .describe("The inverses of matrices.")
      .alias("linalg_inverse")
      .alias("_npi_inv")
      .inplace(0, 0)
      .infer_shape(infer_square)
      .forward([](const OpContext& ctx) { invert(ctx, false); })
      .gradient(inverse_gradient);
}
MX_OPERATOR(_linalg_inverse_or_zero) {
  on_square(op)
      .describe("The inverses of matrices, or zeros where there is none.")
      .hidden()
      .inplace(0, 0)
      .infer_shape(infer_square)
      .forward([](const OpContext& ctx) { invert(ctx, true); })
      .gradient(inverse_gradient);
}

MX_OPERATOR(_linalg_det) {
  on_square(op)
      .describe("The determinants of matrices. A singular one has the gradient 0.")
      .alias("linalg_det")
      .alias("_npi_det")
      .output("output0", "The determinants.")
      .infer_shape(infer_numbers)
      .forward([](const OpContext& ctx) {
        determinants(ctx, [&]<class T>(int64_t i, T, T determinant, T) { ctx.out[0].as<T>()[i] = determinant; });
      })
      .gradient(
          [](GradientContext& g) { g.set(0, scaled_inverse(g, g.call("elemwise_mul", {g.head(), g.output(0)}))); });
}

MX_OPERATOR(_linalg_slogdet) {
  on_square(op)
      .describe(
          "The signs of the determinants of matrices, and the logarithms of their sizes. A singular matrix has 0 "
          "and minus infinity, and the gradient 0.")
      .alias("linalg_slogdet")
      .alias("_npi_slogdet")
      .output("output0", "The signs: 1, -1 or 0.")
      .output("output1", "log(abs(det(A))).")
      .infer_shape(infer_numbers)
      .forward([](const OpContext& ctx) {
        determinants(ctx, [&]<class T>(int64_t i, T sign, T, T logarithm) {
          if (ctx.wants(0)) ctx.out[0].as<T>()[i] = sign;
          if (ctx.wants(1)) ctx.out[1].as<T>()[i] = logarithm;
        });
      })
      .gradient([](GradientContext& g) { g.set(0, scaled_inverse(g, g.head(1))); });
}

}  // namespace mx
