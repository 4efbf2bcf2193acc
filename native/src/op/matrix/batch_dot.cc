#include "op/matrix/bilinear.h"
#include "op/matrix/dot_param.h"
#include "op/matrix/gemm.h"

namespace mx {
namespace {

void infer_shape(const InferShape& s) {
  const auto& p = s.as<DotParam>();
  const Shape &a = s.in[0], &b = s.in[1];
  if (!a.rank_known() || !b.rank_known()) return;
  MX_CHECK(a.ndim >= 3 && a.ndim == b.ndim, kValue, "[batch_dot] lhs ", a, " and rhs ", b,
           " must have the same number of dimensions, 3 or more");
  const int rows = a.ndim - 2, columns = a.ndim - 1;
  Shape batch = a.slice(0, rows);
  MX_CHECK(unify(batch, b.slice(0, rows)), kValue, "[batch_dot] lhs ", a, " and rhs ", b,
           " must agree in all axes but the last two");
  const int64_t k = a[p.transpose_a ? rows : columns], other = b[p.transpose_b ? columns : rows];
  MX_CHECK(k < 0 || other < 0 || k == other, kValue, "[batch_dot] lhs ", a, " and rhs ", b,
           " are multiplied along axes of sizes ", k, " and ", other, "; these must be equal");
  Shape out = batch;
  out.push_back(a[p.transpose_a ? columns : rows]);
  out.push_back(b[p.transpose_b ? rows : columns]);
  s.set_output(0, out);
}

struct Matrices {
  int64_t batch, m, n, k;
  Strides a, b, c;
  Matrices(const DotParam& p, const Shape& lhs, const Shape& rhs) {
    const int rows = lhs.ndim - 2, columns = lhs.ndim - 1;
    batch = lhs.size(0, rows);
    m = lhs[p.transpose_a ? columns : rows], k = lhs[p.transpose_a ? rows : columns],
    n = rhs[p.transpose_b ? rows : columns];
    a = p.transpose_a ? transposed(row_major(k, m)) : row_major(m, k);
    b = p.transpose_b ? transposed(row_major(n, k)) : row_major(k, n);
    c = row_major(m, n);
  }
};

void forward(const OpContext& context) {
  const Matrices t(context.as<DotParam>(), context.in[0].shape, context.in[1].shape);
  gemm(context, {t.batch, t.m, t.n, t.k, t.a, t.b, t.c, context.in[0].dtype}, context.in[0].data, context.in[1].data,
       context.out[0].data);
}

// (head, lhs, rhs) -> gradients of lhs, rhs
void backward(const OpContext& context) {
  const auto &in = context.in, &out = context.out;
  const Matrices t(context.as<DotParam>(), in[1].shape, in[2].shape);
  const DType dtype = in[0].dtype;
  if (context.wants(0))
    gemm(context, {t.batch, t.m, t.k, t.n, t.c, transposed(t.b), t.a, dtype}, in[0].data, in[2].data, out[0].data);
  if (context.wants(1))
    gemm(context, {t.batch, t.k, t.n, t.m, transposed(t.a), t.c, t.b, dtype}, in[1].data, in[0].data, out[1].data);
}

}  // namespace

MX_OPERATOR(batch_dot) {
  op.describe("Products of matrices, one for each index of the leading axes: ``lhs[i] rhs[i]``.")
      .input("lhs", "Matrices, (..., m, k); (..., k, m) with transpose_a.")
      .input("rhs", "Matrices, (..., k, n); (..., n, k) with transpose_b.")
      .output("output", "Matrices, (..., m, n).")
      .params<DotParam>()
      .alias("_npx_batch_dot")
      .infer_shape(infer_shape)
      .portable_forward(forward)
      .gradient([](GradientContext& g) {
        const auto gradients = g.call_same("_backward_batch_dot", {g.head(), g.input(0), g.input(1)});
        for (size_t i : {0, 1})
          if (g.wants(i)) g.set(i, gradients[i]);
      })
      .amp(Amp::kHalf);
}

MX_OPERATOR(_backward_batch_dot) {
  op.describe("Gradients of batch_dot.")
      .input("head", "Gradient of the output.")
      .input("lhs", "The first matrices.")
      .input("rhs", "The second matrices.")
      .output("lhs")
      .output("rhs")
      .params<DotParam>()
      .infer_shape([](const InferShape& s) { s.same(1, 0), s.same(2, 1); })
      .portable_forward(backward)
      .gradient([](GradientContext& g) {
        bilinear_second_gradient(g, "_backward_batch_dot", [&](const Value& lhs, const Value& rhs, const Value&) {
          return g.call_same("batch_dot", {lhs, rhs}).at(0);
        });
      });
}

}  // namespace mx
