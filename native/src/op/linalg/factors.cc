// LQ factors of matrices, and eigenvalues of symmetric ones.
#include <cmath>
#include <memory>

#include "op/linalg/algebra.h"
#include "op/linalg/batch.h"
#include "op/linalg/panels.h"

namespace mx {
namespace {

constexpr int kSize = 48;  // of a panel: the work of joining reflectors grows with it, that of the products sinks

// A large a (m, n), m <= n, becomes L in the lower triangle and reflectors above it, and q, where there is one, Q.
template <class T>
void factor_lq(T* a, int m, int n, T* q) {
  const auto tau = std::make_unique_for_overwrite<T[]>(static_cast<size_t>(m));
  const auto triangles = std::make_unique_for_overwrite<T[]>(static_cast<size_t>(m + kSize) * kSize);
  // `to`: rows of columns from the panel's on.
  const auto turn = [&](int64_t panel, bool transposed, T* to, int64_t rows) {
    const int count = std::min(kSize, m - static_cast<int>(panel)), size = n - static_cast<int>(panel);
    const auto work = std::make_unique_for_overwrite<T[]>(static_cast<size_t>(rows * count));
    lapack::reflect(a + panel * (n + 1), n, triangles.get() + panel * kSize, count, size, transposed, to,
                    static_cast<int>(rows), n, work.get());
  };
  factor_by_panels(
      m, kSize, worth_dividing(m),
      [&](int64_t first, int64_t rows) {
        const int count = static_cast<int>(rows), size = n - static_cast<int>(first);
        const auto work = std::make_unique_for_overwrite<T[]>(static_cast<size_t>(lapack::work_size(count)));
        T* const corner = a + first * (n + 1);
        lapack::lq(corner, count, size, n, tau.get() + first, work.get(), lapack::work_size(count));
        lapack::join_reflectors(corner, n, tau.get() + first, count, size, triangles.get() + first * kSize);
        return 0;
      },
      [&](int64_t panel, int64_t first, int64_t rows) { turn(panel, true, a + first * n + panel, rows); });
  if (!q) return;
  // Rows of Q are those of the identity, turned back by their own panel and by all before it.
  engine::parallel_for((m + kSize - 1) / kSize, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i * kSize, rows = std::min<int64_t>(kSize, m - first);
      T* const to = q + first * n;
      std::fill_n(to, rows * n, T(0));
      for (int64_t k = 0; k < rows; ++k) to[k * n + first + k] = 1;
      for (int64_t panel = first; panel >= 0; panel -= kSize) turn(panel, false, to + panel, rows);
    }
  });
}

void forward_lq(const OpContext& ctx) {
  const Matrices a(ctx.in[0].shape);
  const int m = lapack_size(ctx, a.rows), n = lapack_size(ctx, a.columns);
  if (ctx.in[0].size() == 0) return;
  with_lapack(ctx, [&]<class T>(T) {
    T* const q = ctx.wants(0) ? ctx.out[0].as<T>() : nullptr;
    // Batches have a thread for each matrix. Without panels the factors become Q where they are.
    const bool large = m > 2 * kSize && a.count == 1;
    T* const factors = q && !large ? q : static_cast<T*>(ctx.workspace(ctx.in[0].bytes()));
    std::memcpy(factors, ctx.in[0].data, ctx.in[0].bytes());
    each_matrix<T>(ctx, a.count, 2 * a.size() * m, "could not be factored", [&](T, int64_t i) {
      T* const matrix = factors + i * a.size();
      const int size = lapack::work_size(m);
      const auto work = std::make_unique_for_overwrite<T[]>(static_cast<size_t>(size + m));
      T* const tau = work.get() + size;
      if (large)
        factor_lq(matrix, m, n, q ? q + i * a.size() : nullptr);
      else if (const int info = lapack::lq(matrix, m, n, n, tau, work.get(), size))
        return info;
      if (ctx.wants(1)) {
        T* const l = ctx.out[1].as<T>() + i * m * m;
        std::fill(l, l + m * m, T(0));
        for (int64_t row = 0; row < m; ++row) std::copy_n(matrix + row * n, row + 1, l + row * m);
      }
      return q && !large ? lapack::lq_orthogonal(matrix, m, n, tau, work.get(), size) : 0;
    });
  });
}

// Of the two directions of an eigenvector the one whose largest component is positive.
template <class T>
void choose_directions(T* rows, int64_t n) {
  for (int64_t i = 0; i < n; ++i, rows += n) {
    T largest = 0;
    for (int64_t k = 0; k < n; ++k)
      if (std::abs(rows[k]) > std::abs(largest)) largest = rows[k];
    if (largest < 0)
      for (int64_t k = 0; k < n; ++k) rows[k] = -rows[k];
  }
}

void forward_eigen(const OpContext& ctx) {
  const Matrices a(ctx.in[0].shape);
  const int n = lapack_size(ctx, a.rows);
  if (ctx.in[0].size() == 0) return;
  with_lapack(ctx, [&]<class T>(T) {
    T* const u = ctx.wants(0) ? ctx.out[0].as<T>() : static_cast<T*>(ctx.workspace(ctx.in[0].bytes()));
    std::memcpy(u, ctx.in[0].data, ctx.in[0].bytes());
    each_matrix<T>(ctx, a.count, 9 * a.size() * n, "has eigenvalues that were not found", [&](T, int64_t i) {
      const int size = 1 + 6 * n + 2 * n * n, integers = 3 + 5 * n;
      const auto work = std::make_unique_for_overwrite<T[]>(static_cast<size_t>(size + n));
      const auto iwork = std::make_unique_for_overwrite<int[]>(static_cast<size_t>(integers));
      T* const values = ctx.wants(1) ? ctx.out[1].as<T>() + i * n : work.get() + size;
      const int info = lapack::eigen(u + i * a.size(), n, values, work.get(), size, iwork.get(), integers);
      choose_directions(u + i * a.size(), n);
      return info;
    });
  });
}

}  // namespace

MX_OPERATOR(_linalg_gelqf) {
  op.describe(
        "The factors of A = L Q: Q has orthonormal rows, L is a lower triangle. A has at least as many columns as "
        "rows.")
      .alias("linalg_gelqf")
      .input("A", "The matrices, (..., m, n) with m <= n.")
      .output("output0", "Q, (..., m, n).")
      .output("output1", "L, (..., m, m).")
      .amp(Amp::kFloat32)
      .infer_shape([](const InferShape& s) {
        check_matrices(s, 0, false);
        const Shape& a = s.in[0];
        if (!a.known()) return;
        const int64_t m = a[a.ndim - 2];
        MX_CHECK(m <= a.back(), kValue, "[", s.op.name, "] A has shape ", a,
                 ", but must have at least as many columns as rows; transpose it");
        Shape l = a;
        l[a.ndim - 1] = m;
        s.set_output(0, a), s.set_output(1, l);
      })
      .forward(forward_lq)
      .gradient([](GradientContext& g) {
        const Algebra algebra(g.builder());
        const Value q = g.output(0), l = g.output(1), dq = g.head(0), dl = g.head(1);
        const Value inner = algebra.subtract(algebra.product(l, dl, Algebra::kTransposeA),
                                             algebra.product(dq, q, Algebra::kTransposeB));
        g.set(0, algebra.solve(l, algebra.add(dq, algebra.product(algebra.mirrored(inner), q)), true, false));
      });
}

MX_OPERATOR(_linalg_syevd) {
  op.describe(
        "The eigenvalues of symmetric matrices from the smallest on, and the eigenvectors as rows: A = U^T diag(L) U. "
        "Where eigenvalues are equal, gradients of eigenvectors leave their pair out.")
      .input("A", "Symmetric matrices; only their lower triangles are looked at.")
      .output("output0", "U, the eigenvectors, each as a row whose largest component is positive.")
      .output("output1", "L, the eigenvalues.")
      .amp(Amp::kFloat32)
      .infer_shape([](const InferShape& s) {
        s.same(0, 0);
        check_matrices(s, 0, true);
        const Shape& a = s.in[0];
        if (a.rank_known()) s.set_output(1, a.slice(0, a.ndim - 1));
      })
      .forward(forward_eigen)
      .gradient([](GradientContext& g) {
        const Algebra algebra(g.builder());
        const Value u = g.output(0), l = g.output(1);
        Value inner = g.call("_linalg_makediag", {g.head(1)});
        if (g.has_head(0)) {
          // gaps[i, j] = l[j] - l[i]; pairs without a gap are left out, and divided by 1.
          const Value rows = call_named(g.builder(), "expand_dims", {l}, {{"axis", "-2"}});
          const Value columns = call_named(g.builder(), "expand_dims", {l}, {{"axis", "-1"}});
          const Value gaps = g.call("broadcast_sub", {rows, columns});
          const Value none = g.call("_equal_scalar", {gaps}, ScalarParam{0, false});
          const Value turn = algebra.product(u, g.head(0), Algebra::kTransposeB, 0.5);
          const Value skew = algebra.subtract(turn, algebra.transposed(turn));
          const Value slopes = g.call("elemwise_div", {skew, algebra.add(gaps, none)});
          inner = algebra.add(inner, g.call("where", {none, g.zeros_like(slopes), slopes}));
        }
        g.set(0, algebra.product(algebra.product(u, inner, Algebra::kTransposeA), u));
      });
}

}  // namespace mx
