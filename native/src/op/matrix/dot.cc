#include "op/matrix/bilinear.h"
#include "op/matrix/dot_param.h"
#include "op/matrix/gemm.h"

namespace mx {
namespace {

// Where the contracted axis stands, and the others in order.
struct Side {
  int64_t inner = -1;
  Shape outer = Shape::scalar();
  Side(const Shape& shape, bool inner_first) {
    inner = inner_first ? shape[0] : shape.back();
    const int from = inner_first ? 1 : 0;
    outer = shape.slice(from, from + shape.ndim - 1);
  }
};

void infer_shape(const InferShape& s) {
  const auto& p = s.as<DotParam>();
  const Shape &a = s.in[0], &b = s.in[1];
  if (!a.rank_known() || !b.rank_known()) return;
  MX_CHECK(a.ndim > 0 && b.ndim > 0, kValue, "[dot] the arrays of shapes ", a, " and ", b,
           " need at least one dimension");
  const Side left(a, p.transpose_a), right(b, !p.transpose_b);
  MX_CHECK(left.inner < 0 || right.inner < 0 || left.inner == right.inner, kValue, "[dot] the ",
           p.transpose_a ? "first" : "last", " axis of lhs ", a, " and the ", p.transpose_b ? "last" : "first",
           " axis of rhs ", b, " must have the same size");
  Shape out = left.outer;
  for (int64_t dim : right.outer) out.push_back(dim);
  s.set_output(0, out.ndim ? out : Shape{1});
}

struct Matrices {
  int64_t m, n, k;
  Strides a, b, c;
  Matrices(const DotParam& p, const Shape& lhs, const Shape& rhs) {
    const int last = lhs.ndim - 1;
    k = lhs[p.transpose_a ? 0 : last];
    m = p.transpose_a ? lhs.size(1, lhs.ndim) : lhs.size(0, last);
    n = p.transpose_b ? rhs.size(0, rhs.ndim - 1) : rhs.size(1, rhs.ndim);
    a = p.transpose_a ? transposed(row_major(k, m)) : row_major(m, k);
    b = p.transpose_b ? transposed(row_major(n, k)) : row_major(k, n);
    c = row_major(m, n);
  }
};

void forward(const OpContext& context) {
  const Matrices t(context.as<DotParam>(), context.in[0].shape, context.in[1].shape);
  gemm(context, {1, t.m, t.n, t.k, t.a, t.b, t.c, context.in[0].dtype}, context.in[0].data, context.in[1].data,
       context.out[0].data);
}

// (head, lhs, rhs) -> gradients of lhs, rhs
void backward(const OpContext& context) {
  const auto &in = context.in, &out = context.out;
  const Matrices t(context.as<DotParam>(), in[1].shape, in[2].shape);
  const DType dtype = in[0].dtype;
  if (context.wants(0))
    gemm(context, {1, t.m, t.k, t.n, t.c, transposed(t.b), t.a, dtype}, in[0].data, in[2].data, out[0].data);
  if (context.wants(1))
    gemm(context, {1, t.k, t.n, t.m, transposed(t.a), t.c, t.b, dtype}, in[1].data, in[0].data, out[1].data);
}

}  // namespace

MX_OPERATOR(dot) {
  op.describe(
        R"(Contracts the last axis of lhs with the first of rhs: the inner product of vectors, the product of matrices.

transpose_a contracts the first axis of lhs instead, transpose_b the last of rhs. The product of two vectors has shape (1,).)")
      .input("lhs", "The first array, (..., k).")
      .input("rhs", "The second array, (k, ...).")
      .output("output", "The remaining axes of lhs, then those of rhs.")
      .params<DotParam>()
      .alias("_sparse_dot")
      .infer_shape(infer_shape)
      .portable_forward(forward)
      .gradient([](GradientContext& g) {
        const auto gradients = g.call_same("_backward_dot", {g.head(), g.input(0), g.input(1)});
        for (size_t i : {0, 1})
          if (g.wants(i)) g.set(i, gradients[i]);
      })
      .amp(Amp::kHalf);
}

MX_OPERATOR(_backward_dot) {
  op.describe("Gradients of dot.")
      .input("head", "Gradient of the output.")
      .input("lhs", "The first array.")
      .input("rhs", "The second array.")
      .output("lhs")
      .output("rhs")
      .params<DotParam>()
      .infer_shape([](const InferShape& s) { s.same(1, 0), s.same(2, 1); })
      .portable_forward(backward)
      .gradient([](GradientContext& g) {
        bilinear_second_gradient(g, "_backward_dot", [&](const Value& lhs, const Value& rhs, const Value&) {
          return g.call_same("dot", {lhs, rhs}).at(0);
        });
      });
}

}  // namespace mx
