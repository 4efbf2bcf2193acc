// Elements (or blocks) addressed by columns of coordinates.
#include "mx/op.h"
#include "rows.h"

namespace mx {
namespace {

struct ScatterParam {
  Shape shape = Shape::scalar();
  static void fields(auto& f) { f.add("shape", &ScatterParam::shape, "The shape of the result.").required(); }
};

// indices (m, ...): m coordinates address blocks of the remaining axes of `shape`.
struct Blocks {
  const int64_t* number;  // of the block, for each column
  int64_t columns, count = 1;

  Blocks(const OpContext& ctx, const Tensor& indices, const Shape& shape) {
    const int64_t m = indices.shape[0];
    columns = m ? indices.size() / m : 0;
    const auto room = [&](int64_t n) {
      return Tensor{ctx.workspace(static_cast<size_t>(n) * sizeof(int64_t)), {n}, DType::kInt64};
    };
    const Tensor index = room(m * columns), numbers = room(columns);
    convert(indices.data, indices.dtype, index.data, DType::kInt64, indices.size());
    fill_zeros(numbers);
    for (int64_t k = 0; k < m; ++k) {
      const int64_t size = shape[static_cast<int>(k)];
      const Tensor axis{element_at(index, k * columns), {columns}, DType::kInt64};
      const auto outside = find_outside(ctx, axis, -size, size);
      MX_CHECK(!outside, kIndex, "[", ctx.op.name, "] index ", *outside, " is out of range for axis ", k, " of shape ",
               shape);
      fold_index(numbers, axis, size);
      count *= size;
    }
    number = numbers.as<int64_t>();
  }
};

void check_depth(const InferShape& s, const Shape& indices, const Shape& data) {
  MX_CHECK(indices.ndim >= 1 && indices[0] != 0 && indices[0] <= data.ndim, kValue, "[", s.op.name,
           "] indices of shape ", indices, " must have 1 to ", data.ndim,
           " coordinates along the first axis, for the axes of ", data);
}
// The shape of the blocks for all columns.
Shape blocks_shape(const Shape& indices, const Shape& data) {
  Shape out = indices.slice(1);
  for (int i = static_cast<int>(indices[0]); i < data.ndim; ++i) out.push_back(data[i]);
  if (out.ndim == 0) out.push_back(1);
  return out;
}

void keep_dtype(const InferDType& t, size_t indices) {
  t.set_output(0, t.in[0]);
  t.set_input(0, t.out[0]);
  if (t.in[indices] == DType::kUnknown) t.set_input(indices, DType::kInt64);
}

// out[index] = values, block by block; of equal indices the last one stays.
void write_blocks(const OpContext& ctx, const Tensor& values, const Tensor& indices, const Tensor& out) {
  const Blocks blocks(ctx, indices, out.shape);
  put_last(ctx, values, blocks.number, blocks.columns, blocks.count, out);
}

OpDef& scattering(OpDef& op) {
  return op.input("data", "The values.")
      .input("indices", "The coordinates, (axes, ...).")
      .params<ScatterParam>()
      .infer_dtype([](const InferDType& t) { keep_dtype(t, 1); })
      .infer_shape([](const InferShape& s) {
        const Shape& shape = s.as<ScatterParam>().shape;
        s.set_output(0, shape);
        if (!s.in[1].known()) return;
        check_depth(s, s.in[1], shape);
        s.set_input(0, blocks_shape(s.in[1], shape));
      });
}

}  // namespace

MX_OPERATOR(gather_nd) {
  op.describe("The elements at coordinates, or the blocks of the axes that the coordinates leave open.")
      .input("data", "The array.")
      .input("indices", "The coordinates, (axes, ...).")
      .infer_dtype([](const InferDType& t) { keep_dtype(t, 1); })
      .infer_shape([](const InferShape& s) {
        if (!s.in[0].rank_known() || !s.in[1].known()) return;
        check_depth(s, s.in[1], s.in[0]);
        s.set_output(0, blocks_shape(s.in[1], s.in[0]));
      })
      .portable_forward([](const OpContext& ctx) {
        const Tensor &data = ctx.in[0], &indices = ctx.in[1], &out = ctx.out[0];
        const Blocks blocks(ctx, indices, data.shape);
        const int64_t inner = blocks.columns ? out.size() / blocks.columns : 0;
        if (inner) gather(data, blocks.number, blocks.columns, 1, blocks.count, inner, out);
      })
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call("_backward_gather_nd", {g.head(), g.input(1), g.input(0)}));
        if (g.wants(1)) g.set(1, g.zeros_like(g.input(1)));
      });
}
MX_OPERATOR(_backward_gather_nd) {
  op.describe("The gradient of gather_nd: blocks of equal coordinates are added.")
      .input("head", "The gradient of the result.")
      .input("indices", "The coordinates.")
      .input("data", "Only its shape matters.")
      .infer_dtype([](const InferDType& t) { keep_dtype(t, 1); })
      .infer_shape([](const InferShape& s) { s.same(2, 0); })
      .portable_forward([](const OpContext& ctx) {
        const Tensor &indices = ctx.in[1], &out = ctx.out[0];
        const Blocks blocks(ctx, indices, out.shape);
        const int64_t inner = blocks.columns ? ctx.in[0].size() / blocks.columns : 1;
        scatter_add(ctx, ctx.in[0], blocks.number, blocks.columns, 1, inner ? out.size() / inner : 0, inner, out);
      });
}

MX_OPERATOR(scatter_nd) {
  scattering(op)
      .describe("Zeros with values written at coordinates.")
      .portable_forward([](const OpContext& ctx) {
        fill_zeros(ctx.out[0]);
        write_blocks(ctx, ctx.in[0], ctx.in[1], ctx.out[0]);
      })
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call("gather_nd", {g.head(), g.input(1)}));
        if (g.wants(1)) g.set(1, g.zeros_like(g.input(1)));
      });
}

MX_OPERATOR(_scatter_set_nd) {
  op.describe("The first array with values written at coordinates.")
      .input("lhs", "The array.")
      .input("rhs", "The values.")
      .input("indices", "The coordinates, (axes, ...).")
      .params<ScatterParam>()
      .inplace(0, 0)
      .no_gradient()
      .infer_dtype([](const InferDType& t) {
        keep_dtype(t, 2);
        t.set_input(1, t.in[0]);
      })
      .infer_shape([](const InferShape& s) {
        s.same(0, 0);
        if (!s.in[2].known() || !s.out[0].rank_known()) return;
        check_depth(s, s.in[2], s.out[0]);
        s.set_input(1, blocks_shape(s.in[2], s.out[0]));
      })
      .portable_forward([](const OpContext& ctx) {
        copy_flat(ctx.in[0], ctx.out[0]);
        write_blocks(ctx, ctx.in[1], ctx.in[2], ctx.out[0]);
      });
}

}  // namespace mx
