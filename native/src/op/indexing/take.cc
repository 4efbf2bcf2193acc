// Rows chosen by an array of indices: take along any axis, Embedding along the first of a matrix.
#include "mx/op.h"
#include "rows.h"
#include "take_param.h"

namespace mx {
namespace {

struct EmbeddingParam {
  int64_t input_dim = 1;
  int32_t output_dim = 1;
  DType dtype = DType::kFloat32;
  bool sparse_grad = false;
  static void fields(auto& f) {
    f.add("input_dim", &EmbeddingParam::input_dim, "Rows of the weight: how many different indices there are.")
        .range(1)
        .required();
    f.add("output_dim", &EmbeddingParam::output_dim, "Columns of the weight: the length of a vector.")
        .range(1)
        .required();
    f.add("dtype", &EmbeddingParam::dtype, "The dtype of the weight where nothing else tells it.");
    f.add("sparse_grad", &EmbeddingParam::sparse_grad, "Make the gradient of the weight row-sparse.");
  }
};

struct Extent {
  int64_t outer, size, inner;
};
Extent extent(const Shape& shape, int32_t axis, std::string_view op) {
  const int at = normalize_axis(axis, shape.ndim, op);
  return {shape.size(0, at), shape[at], shape.size(at + 1, shape.ndim)};
}

void index_dtype(const InferDType& t, size_t data, size_t index) {
  t.set_output(0, t.in[data]);
  t.set_input(data, t.out[0]);
  if (t.in[index] == DType::kUnknown) t.set_input(index, DType::kFloat32);
}

}  // namespace

MX_OPERATOR(take) {
  op.describe("The elements of an axis at given indices.")
      .input("a", "The array.")
      .input("indices", "The indices, any dtype.")
      .params<TakeParam>()
      .infer_dtype([](const InferDType& t) { index_dtype(t, 0, 1); })
      .infer_shape([](const InferShape& s) {
        const Shape &a = s.in[0], &i = s.in[1];
        if (!a.rank_known() || !i.rank_known()) return;
        const int axis = normalize_axis(s.as<TakeParam>().axis, a.ndim, s.op.name);
        Shape out = a.slice(0, axis);
        for (int64_t dim : i) out.push_back(dim);
        for (int k = axis + 1; k < a.ndim; ++k) out.push_back(a[k]);
        s.set_output(0, out);
      })
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<TakeParam>();
        const Extent e = extent(ctx.in[0].shape, p.axis, ctx.op.name);
        const int64_t* index = read_indices(ctx, ctx.in[1], e.size, p.out_of_range());
        gather(ctx.in[0], index, ctx.in[1].size(), e.outer, e.size, e.inner, ctx.out[0]);
      })
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call_same("_backward_take", {g.head(), g.input(1), g.input(0)}).at(0));
        if (g.wants(1)) g.set(1, g.zeros_like(g.input(1)));
      });
}
MX_OPERATOR(_backward_take) {
  op.describe("The gradient of take.")
      .input("head", "The gradient of the result.")
      .input("indices", "The indices.")
      .input("a", "Only its shape matters.")
      .params<TakeParam>()
      .infer_shape([](const InferShape& s) { s.same(2, 0); })
      .infer_dtype([](const InferDType& t) { index_dtype(t, 0, 1); })
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<TakeParam>();
        const Extent e = extent(ctx.out[0].shape, p.axis, ctx.op.name);
        const int64_t* index = read_indices(ctx, ctx.in[1], e.size, p.out_of_range());
        scatter_add(ctx, ctx.in[0], index, ctx.in[1].size(), e.outer, e.size, e.inner, ctx.out[0]);
      });
}

static OpDef& embedding(OpDef& op) {
  return op.input("data", "The indices, any shape and dtype.")
      .input("weight", "The vectors, (input_dim, output_dim).")
      .params<EmbeddingParam>()
      .infer_shape([](const InferShape& s) {
        const auto& p = s.as<EmbeddingParam>();
        s.set_input(1, Shape{p.input_dim, p.output_dim});
        if (!s.in[0].rank_known()) return;
        Shape out = s.in[0];
        out.push_back(p.output_dim);
        s.set_output(0, out);
      })
      .infer_dtype([](const InferDType& t) {
        DType dtype = t.in[1] == DType::kUnknown ? t.out[0] : t.in[1];  // the parameter is the last resort
        if (dtype == DType::kUnknown) dtype = t.as<EmbeddingParam>().dtype;
        t.set_input(1, dtype);
        t.set_output(0, dtype);
        if (t.in[0] == DType::kUnknown) t.set_input(0, dtype);
      })
      .portable_forward([](const OpContext& ctx) {
        const Shape& weight = ctx.in[1].shape;
        const int64_t* index = read_indices(ctx, ctx.in[0], weight[0], OutOfRange::kClip);
        gather(ctx.in[1], index, ctx.in[0].size(), 1, weight[0], weight[1], ctx.out[0]);
      })
      .gradient([](GradientContext& g) {
        MX_CHECK(!g.as<EmbeddingParam>().sparse_grad, kUnsupported, "[", g.op().name,
                 "] sparse_grad needs row-sparse arrays, which this version doesn't have; leave it out");
        if (g.wants(0)) g.set(0, g.zeros_like(g.input(0)));
        if (g.wants(1)) g.set(1, g.call("_backward_take", {g.head(), g.input(0), g.input(1)}, TakeParam{}));
      });
}

MX_OPERATOR(Embedding) {
  embedding(op).describe("The row of the weight for every index; indices out of range take the nearest row.");
}
MX_OPERATOR(_contrib_SparseEmbedding) {
  embedding(op).describe("Another name of Embedding, for weights that are sparse one day.");
}

}  // namespace mx
