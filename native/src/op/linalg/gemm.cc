// Products of batches of matrices: gemm2, and what is made of it.
#include "op/matrix/gemm.h"

#include "op/linalg/algebra.h"
#include "op/linalg/batch.h"

namespace mx {
namespace {

struct GemmParam {
  bool transpose_a = false, transpose_b = false;
  double alpha = 1, beta = 1;
  int32_t axis = -2;
  static void fields(auto& f) {
    f.add("transpose_a", &GemmParam::transpose_a, "Multiply with the transpose of A.");
    f.add("transpose_b", &GemmParam::transpose_b, "Multiply with the transpose of B.");
    f.add("alpha", &GemmParam::alpha, "The product is multiplied by this number.");
    f.add("beta", &GemmParam::beta, "C is multiplied by this number.");
    f.add("axis", &GemmParam::axis, "The axis of the rows of matrices; the columns are along the last axis.");
  }
};
struct SyrkParam {
  bool transpose = false;
  double alpha = 1;
  static void fields(auto& f) {
    f.add("transpose", &SyrkParam::transpose, "A^T A instead of A A^T.");
    f.add("alpha", &SyrkParam::alpha, "The product is multiplied by this number.");
  }
};

int row_axis(const Gemm2Param& p, const Shape& shape, std::string_view op) {
  const int axis = normalize_axis(p.axis, shape.ndim, op);
  MX_CHECK(axis < shape.ndim - 1, kValue, "[", op, "] axis ", p.axis, " is that of the columns of ", shape,
           "; the rows need another one");
  return axis;
}

void infer_shape(const InferShape& s) {
  const auto& p = s.as<Gemm2Param>();
  const Shape &a = s.in[0], &b = s.in[1];
  check_matrices(s, 0, false), check_matrices(s, 1, false);
  if (!a.rank_known() || !b.rank_known()) return;
  MX_CHECK(a.ndim == b.ndim, kValue, "[", s.op.name, "] A ", a, " and B ", b,
           " must have the same number of dimensions");
  const int row = row_axis(p, a, s.op.name), column = a.ndim - 1;
  Shape out = a, other = b;
  out[row] = out[column] = other[row] = other[column] = -1;
  MX_CHECK(unify(out, other), kValue, "[", s.op.name, "] A ", a, " and B ", b, " must agree in all axes but ", row,
           " and the last one");
  const int64_t k = a[p.transpose_a ? row : column], same = b[p.transpose_b ? column : row];
  MX_CHECK(k < 0 || same < 0 || k == same, kValue, "[", s.op.name, "] A ", a, " and B ", b,
           " are multiplied along axes of sizes ", k, " and ", same, "; these must be equal");
  out[row] = a[p.transpose_a ? column : row], out[column] = b[p.transpose_b ? row : column];
  s.set_output(0, out);
}

// Where the matrices of an array lie, for one index of the axes before the rows.
Strides matrices(const Shape& shape, int row, int64_t between) {
  return between == 1 ? row_major(shape[row], shape.back()) : Strides{shape.back(), between * shape.back(), 1};
}

void forward(const OpContext& ctx) {
  const auto& p = ctx.as<Gemm2Param>();
  const Tensor &a = ctx.in[0], &b = ctx.in[1], &c = ctx.out[0];
  if (c.size() == 0) return;
  const int row = row_axis(p, a.shape, ctx.op.name), column = a.shape.ndim - 1;
  // Without axes between rows and columns all leading axes are one batch, else the axes between are.
  const int64_t between = a.shape.size(row + 1, column), before = a.shape.size(0, row);
  const int64_t batch = between == 1 ? before : between, repeats = between == 1 ? 1 : before;
  Strides sa = matrices(a.shape, row, between), sb = matrices(b.shape, row, between);
  const int64_t m = c.shape[row], n = c.shape.back(), k = a.shape[p.transpose_a ? row : column];
  if (p.transpose_a) sa = transposed(sa);
  if (p.transpose_b) sb = transposed(sb);
  const Gemm g{batch, m, n, k, sa, sb, matrices(c.shape, row, between), c.dtype};
  for (int64_t i = 0; i < repeats; ++i)
    gemm(ctx, g, element_at(a, i * a.size() / repeats), element_at(b, i * b.size() / repeats),
         element_at(c, i * c.size() / repeats));
  if (p.alpha == 1) return;
  const Tensor in[] = {c, {const_cast<double*>(&p.alpha), Shape{1}, DType::kFloat64}};
  run_elementwise(get_kernel("multiply"), in, ctx.out);
}

}  // namespace

MX_OPERATOR(_linalg_gemm2) {
  op.describe("Products of matrices: alpha op(A) op(B), where op transposes or does nothing.")
      .alias("linalg_gemm2")
      .input("A", "The first matrices.")
      .input("B", "The second matrices.")
      .params<Gemm2Param>()
      .infer_shape(infer_shape)
      .portable_forward(forward)
      .gradient([](GradientContext& g) {
        const auto& p = g.as<Gemm2Param>();
        const Value head = g.head();
        const auto product = [&](const Value& a, const Value& b, bool transpose_a, bool transpose_b) {
          return g.call("_linalg_gemm2", {a, b}, Gemm2Param{transpose_a, transpose_b, p.alpha, p.axis});
        };
        if (g.wants(0))
          g.set(0, p.transpose_a ? product(g.input(1), head, p.transpose_b, true)
                                 : product(head, g.input(1), false, !p.transpose_b));
        if (g.wants(1))
          g.set(1, p.transpose_b ? product(head, g.input(0), true, p.transpose_a)
                                 : product(g.input(0), head, !p.transpose_a, false));
      })
      .amp(Amp::kFloat32);
}

MX_OPERATOR(_linalg_gemm) {
  op.describe("Products and sums of matrices: alpha op(A) op(B) + beta C, where op transposes or does nothing.")
      .alias("linalg_gemm")
      .input("A", "The first matrices.")
      .input("B", "The second matrices.")
      .input("C", "What is added, of the shape of the product.")
      .params<GemmParam>()
      .compose([](ComposeContext& c) {
        const auto& p = c.as<GemmParam>();
        const Algebra algebra(c.builder);
        const Value product =
            c.call("_linalg_gemm2", {c.in[0], c.in[1]}, Gemm2Param{p.transpose_a, p.transpose_b, p.alpha, p.axis});
        c.out = {algebra.add(product, p.beta == 1 ? c.in[2] : algebra.times(c.in[2], p.beta))};
      })
      .amp(Amp::kFloat32);
}

MX_OPERATOR(_linalg_syrk) {
  op.describe("Products of matrices with their own transposes: alpha A A^T, or alpha A^T A.")
      .alias("linalg_syrk")
      .input("A", "The matrices.")
      .params<SyrkParam>()
      .compose([](ComposeContext& c) {
        const auto& p = c.as<SyrkParam>();
        c.out = {c.call("_linalg_gemm2", {c.in[0], c.in[0]}, Gemm2Param{p.transpose, !p.transpose, p.alpha})};
      })
      .amp(Amp::kFloat32);
}

MX_OPERATOR(_linalg_trmm) {
  op.describe(
        "Products with triangular matrices: alpha op(A) B, or alpha B op(A), where op transposes or does nothing.")
      .alias("linalg_trmm")
      .input("A", "The triangular matrices.")
      .input("B", "The other matrices.")
      .params<TriangularParam>()
      .compose([](ComposeContext& c) {
        const auto& p = c.as<TriangularParam>();
        const Algebra algebra(c.builder);
        const Value a = algebra.triangle(c.in[0], p.lower);
        c.out = {p.rightside
                     ? algebra.product(c.in[1], a, p.transpose ? Algebra::kTransposeB : Algebra::kPlain, p.alpha)
                     : algebra.product(a, c.in[1], p.transpose ? Algebra::kTransposeA : Algebra::kPlain, p.alpha)};
      })
      .amp(Amp::kFloat32);
}

}  // namespace mx
