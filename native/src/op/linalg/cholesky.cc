// Cholesky factors, inverses made of them, and triangular systems.
#include "op/linalg/algebra.h"
#include "op/linalg/batch.h"

namespace mx {
namespace {

constexpr int kStrip = 128;  // right-hand sides that one task solves for

OpDef& on_square(OpDef& op, const char* doc) {
  return op.input("A", doc).amp(Amp::kFloat32).infer_shape([](const InferShape& s) {
    s.same(0, 0);
    check_matrices(s, 0, true);
  });
}

}  // namespace

MX_OPERATOR(_linalg_potrf) {
  on_square(op, "Symmetric, positive-definite matrices; only their lower triangles are looked at.")
      .describe("The Cholesky factors L of matrices: lower triangles with A = L L^T.")
      .alias("linalg_potrf")
      .inplace(0, 0)
      .forward([](const OpContext& ctx) {
        const Matrices m(ctx.in[0].shape);
        const int n = lapack_size(ctx, m.rows);
        with_lapack(ctx, [&]<class T>(T) {
          copy_flat(ctx.in[0], ctx.out[0]);
          each_matrix<T>(ctx, m.count, m.size() * n, "is not positive definite", [&](T, int64_t i) {
            T* const a = ctx.out[0].as<T>() + i * m.size();
            const int info = lapack::cholesky(a, n);
            for (int64_t row = 0; row < n; ++row) std::fill(a + row * n + row + 1, a + (row + 1) * n, T(0));
            return info;
          });
        });
      })
      .gradient([](GradientContext& g) {
        const Algebra algebra(g.builder());
        const Value l = g.output(0), inner = algebra.mirrored(algebra.product(l, g.head(), Algebra::kTransposeA));
        g.set(0, algebra.solve(l, algebra.solve(l, inner, true, false), false, true, true, 0.5));
      });
}

MX_OPERATOR(_linalg_potri) {
  on_square(op, "Lower triangular matrices L, as potrf gives them.")
      .describe("The inverses of L L^T.")
      .alias("linalg_potri")
      .inplace(0, 0)
      .forward([](const OpContext& ctx) {
        const Matrices m(ctx.in[0].shape);
        const int n = lapack_size(ctx, m.rows);
        with_lapack(ctx, [&]<class T>(T) {
          copy_flat(ctx.in[0], ctx.out[0]);
          each_matrix<T>(ctx, m.count, m.size() * n, "is singular", [&](T, int64_t i) {
            T* const a = ctx.out[0].as<T>() + i * m.size();
            const int info = lapack::cholesky_inverse(a, n);
            for (int64_t row = 0; row < n; ++row)
              for (int64_t column = 0; column < row; ++column) a[column * n + row] = a[row * n + column];
            return info;
          });
        });
      })
      .gradient([](GradientContext& g) {
        const Algebra algebra(g.builder());
        const Value both = algebra.add(g.head(), algebra.transposed(g.head()));
        const Value inner = algebra.product(g.output(0), both);
        g.set(0, algebra.times(algebra.triangle(algebra.solve(g.input(0), inner, true, true)), -1));
      });
}

MX_OPERATOR(_linalg_trsm) {
  op.describe("Solutions X of triangular systems op(A) X = alpha B, or X op(A) = alpha B, where op transposes or not.")
      .alias("linalg_trsm")
      .input("A", "The triangular matrices.")
      .input("B", "The right-hand sides.")
      .params<TriangularParam>()
      .inplace(1, 0)
      .amp(Amp::kFloat32)
      .infer_shape([](const InferShape& s) {
        s.same(1, 0);
        check_matrices(s, 0, true), check_matrices(s, 1, false);
        const Shape &a = s.in[0], &b = s.in[1];
        if (!a.rank_known() || !b.rank_known()) return;
        Shape need = b;
        const int row = b.ndim - 2, column = b.ndim - 1;
        need[row] = need[column] = b[s.as<TriangularParam>().rightside ? column : row];
        MX_CHECK(unify(need, a), kValue, "[", s.op.name, "] A ", a, " doesn't fit B ", b, "; it must have shape ",
                 need);
      })
      .forward([](const OpContext& ctx) {
        const auto& p = ctx.as<TriangularParam>();
        const Matrices a(ctx.in[0].shape), b(ctx.in[1].shape);
        const int m = lapack_size(ctx, b.rows), n = lapack_size(ctx, b.columns);
        with_lapack(ctx, [&]<class T>(T) {
          copy_flat(ctx.in[1], ctx.out[0]);
          each_matrix<T>(ctx, a.count, a.rows, "is singular: it has a zero in its diagonal", [&](T, int64_t i) {
            const T* const from = ctx.in[0].as<T>() + i * a.size();
            for (int64_t k = 0; k < a.rows; ++k)
              if (from[k * (a.rows + 1)] == 0) return static_cast<int>(k + 1);
            return 0;
          });
          // Columns of B are systems of their own, or rows where A stands to the right.
          const int size = p.rightside ? m : n, strips = (size + kStrip - 1) / kStrip;
          const int64_t work = a.size() * std::min(size, kStrip);
          engine::parallel_for(a.count * strips, (1 << 17) / (work + 1) + 1, [&](int64_t begin, int64_t end) {
            for (int64_t task = begin; task < end; ++task) {
              const int first = static_cast<int>(task % strips) * kStrip, width = std::min(kStrip, size - first);
              const T* const from = ctx.in[0].as<T>() + task / strips * a.size();
              T* const to = ctx.out[0].as<T>() + task / strips * b.size() + int64_t{first} * (p.rightside ? n : 1);
              lapack::solve_triangular(from, to, p.rightside ? width : m, p.rightside ? n : width, n, p.rightside,
                                       p.lower, p.transpose, static_cast<T>(p.alpha));
            }
          });
        });
      })
      .gradient([](GradientContext& g) {
        const auto& p = g.as<TriangularParam>();
        const Algebra algebra(g.builder());
        const Value x = g.output(0), inner = algebra.solve(g.input(0), g.head(), !p.transpose, p.rightside, p.lower);
        if (g.wants(1)) g.set(1, p.alpha == 1 ? inner : algebra.times(inner, p.alpha));
        if (!g.wants(0)) return;
        const unsigned how = p.rightside ? Algebra::kTransposeA : Algebra::kTransposeB;
        const bool first = p.rightside == p.transpose;  // whether `inner` stands first
        const Value slope = first ? algebra.product(inner, x, how, -1) : algebra.product(x, inner, how, -1);
        g.set(0, algebra.triangle(slope, p.lower));
      });
}

}  // namespace mx
