// Cholesky factors, inverses made of them, and triangular systems.
#include "op/linalg/algebra.h"
#include "op/linalg/batch.h"
#include "op/linalg/panels.h"
#include "op/linalg/triangle.h"

namespace mx {
namespace {

constexpr int64_t kLarge = 1024;  // triangles from which on their rows shall serve several strips

// The lower triangle of a becomes L. Rows get what a panel contributes to all their columns only when they meet the
// next one: until then other threads need the panel as it is.
template <class T>
int cholesky(T* a, int n) {
  const auto size = static_cast<int>(panel_size(n));
  return factor_by_panels(
      n, size, worth_dividing(n),
      [&](int64_t first, int64_t rows) {
        T* const to = a + first * (n + 1);
        const int m = static_cast<int>(rows), before = static_cast<int>(first);
        if (before > 0) lapack::subtract_product(m, m, size, to - size, n, to - size, n, true, to, n);
        const int info = lapack::cholesky(to, m, n);
        return info == 0 ? 0 : info + before;
      },
      [&](int64_t panel, int64_t first, int64_t rows) {
        T *const corner = a + panel * (n + 1), *const to = a + first * n + panel;
        if (panel > 0)
          lapack::subtract_product(static_cast<int>(rows), static_cast<int>(first + rows - panel), size, to - size, n,
                                   corner - size, n, true, to, n);
        solve_rows(Triangle<T>{corner, size, n, 1, true}, to, n, rows);
      });
}

struct CholeskyParam {
  bool lower = true;
  static void fields(auto& f) {
    f.add("lower", &CholeskyParam::lower, "The factor is the lower triangle L; else the upper one, U = L^T.");
  }
};

OpDef& on_square(OpDef& op, const char* doc) {
  return op.input("A", doc).amp(Amp::kFloat32).params<CholeskyParam>().infer_shape([](const InferShape& s) {
    s.same(0, 0);
    check_matrices(s, 0, true);
  });
}

// Square matrices become their transposes.
template <class T>
void transpose_each(T* all, const Matrices& m) {
  each_strip(m.count, m.rows, m.rows, [&](int64_t i, int64_t row) {
    T* const a = all + i * m.size();
    for (int64_t column = 0; column < row; ++column) std::swap(a[row * m.rows + column], a[column * m.rows + row]);
  });
}

}  // namespace

MX_OPERATOR(_linalg_potrf) {
  on_square(op, "Symmetric, positive-definite matrices; only the triangle that `lower` names is looked at.")
      .describe("The Cholesky factors L of matrices: lower triangles with A = L L^T; or the upper ones, A = U^T U.")
      .alias("linalg_potrf")
      .inplace(0, 0)
      .forward([](const OpContext& ctx) {
        const Matrices m(ctx.in[0].shape);
        const int n = lapack_size(ctx, m.rows);
        with_lapack(ctx, [&]<class T>(T) {
          copy_flat(ctx.in[0], ctx.out[0]);
          const bool lower = ctx.as<CholeskyParam>().lower;
          if (!lower) transpose_each(ctx.out[0].as<T>(), m);
          each_matrix<T>(ctx, m.count, m.size() * n, "is not positive definite", [&](T, int64_t i) {
            T* const a = ctx.out[0].as<T>() + i * m.size();
            const int info = cholesky(a, n);
            for (int64_t row = 0; row < n; ++row) std::fill(a + row * n + row + 1, a + (row + 1) * n, T(0));
            return info;
          });
          if (!lower) transpose_each(ctx.out[0].as<T>(), m);
        });
      })
      .gradient([](GradientContext& g) {
        const Algebra algebra(g.builder());
        const auto lower = [&](const Value& v) { return g.as<CholeskyParam>().lower ? v : algebra.transposed(v); };
        const Value l = lower(g.output(0));
        const Value inner = algebra.mirrored(algebra.product(l, lower(g.head()), Algebra::kTransposeA));
        g.set(0, algebra.solve(l, algebra.solve(l, inner, true, false), false, true, true, 0.5));
      });
}

MX_OPERATOR(_linalg_potri) {
  on_square(op, "Triangular matrices, L or U, as potrf gives them.")
      .describe("The inverses of L L^T, or of U^T U.")
      .alias("linalg_potri")
      .forward([](const OpContext& ctx) {
        const Matrices m(ctx.in[0].shape);
        const int64_t n = m.rows;
        with_float_type(ctx, [&]<class T>(T) {
          const bool lower = ctx.as<CholeskyParam>().lower;
          const auto triangle = [&](int64_t i) {
            return Triangle<T>{ctx.in[0].as<T>() + i * m.size(), n, lower ? n : 1, lower ? 1 : n, true};
          };
          each_matrix<T>(ctx, m.count, n, "is singular", [&](T, int64_t i) { return triangle(i).singular(); });
          // Columns of L^-1 begin with zeros, and of the result the triangle below is enough: it is symmetric.
          each_strip(m.count, (n + kStrip - 1) / kStrip, m.size() * kStrip, [&](int64_t i, int64_t strip) {
            const int64_t first = strip * kStrip, rows = n - first, width = std::min(kStrip, rows);
            const Triangle<T> l = triangle(i).without(first);
            Strips<T> strips(rows, 1);
            T *const x = strips[0], *const corner = ctx.out[0].as<T>() + i * m.size() + first * (n + 1);
            std::fill_n(x, rows * kStrip, T(0));
            for (int64_t k = 0; k < width; ++k) x[k * kStrip + k] = 1;
            solve_strips(l, x, 1);
            solve_strips(l.transposed(), x, 1);
            for (int64_t k = 1; k < width; ++k)
              for (int64_t j = 0; j < k; ++j) x[j * kStrip + k] = x[k * kStrip + j];
            empty_strip(x, rows, width, corner, n, false);
            empty_strip(x, rows, width, corner, n, true);
          });
        });
      })
      .gradient([](GradientContext& g) {
        const Algebra algebra(g.builder());
        const Value both = algebra.add(g.head(), algebra.transposed(g.head()));
        const Value inner = algebra.product(g.output(0), both);
        const bool lower = g.as<CholeskyParam>().lower;
        const Value slope = algebra.solve(g.input(0), inner, lower, true, lower);
        g.set(0, algebra.times(algebra.triangle(lower ? slope : algebra.transposed(slope), lower), -1));
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
        with_float_type(ctx, [&]<class T>(T) {
          // A triangle whose rows are of the unknown numbers of a column of B, or of a row where A stands to the right.
          const bool plain = p.transpose == p.rightside;
          const int64_t n = a.rows, sides = p.rightside ? b.rows : b.columns, strips = (sides + kStrip - 1) / kStrip;
          const auto triangle = [&](int64_t i) {
            return Triangle<T>{ctx.in[0].as<T>() + i * a.size(), n, plain ? n : 1, plain ? 1 : n, p.lower == plain};
          };
          each_matrix<T>(ctx, a.count, n, "is singular: it has a zero in its diagonal",
                         [&](T, int64_t i) { return triangle(i).singular(); });
          const int64_t together = n < kLarge ? 1 : 4;
          each_strip(a.count, (strips + together - 1) / together, a.size() * kStrip * together,
                     [&](int64_t i, int64_t group) {
                       Strips<T> x(n, together);
                       const int64_t begin = group * together, count = std::min(together, strips - begin);
                       const auto each = [&](auto fn) {
                         for (int64_t k = 0; k < count; ++k) {
                           const int64_t first = (begin + k) * kStrip;
                           fn(x[k], i * b.size() + first * (p.rightside ? n : 1), std::min(kStrip, sides - first));
                         }
                       };
                       each([&](T* strip, int64_t at, int64_t width) {
                         fill_strip(ctx.in[1].as<T>() + at, b.columns, p.rightside, n, width, strip);
                         if (p.alpha != 1)
                           for (int64_t k = 0; k < n * kStrip; ++k) strip[k] *= static_cast<T>(p.alpha);
                       });
                       solve_strips(triangle(i), x[0], count);
                       each([&](T* strip, int64_t at, int64_t width) {
                         empty_strip(strip, n, width, ctx.out[0].as<T>() + at, b.columns, p.rightside);
                       });
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
