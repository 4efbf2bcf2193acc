// Elements (or blocks) addressed by columns of coordinates.
#include <algorithm>
#include <cstring>

#include "mx/op.h"
#include "rows.h"

namespace mx {
namespace {

struct ScatterParam {
  Shape shape = Shape::scalar();
  static void fields(auto& f) { f.add("shape", &ScatterParam::shape, "The shape of the result.").required(); }
};

// indices (m, ...): m coordinates address blocks of the remaining axes of `shape`. The flat block number for each
// column.
const int64_t* block_numbers(const OpContext& ctx, const Tensor& indices, const Shape& shape) {
  const int64_t m = indices.shape[0], n = m ? indices.size() / m : 0;
  int64_t* index = static_cast<int64_t*>(ctx.workspace(static_cast<size_t>(indices.size()) * sizeof(int64_t)));
  convert(indices.data, indices.dtype, index, DType::kInt64, indices.size());
  int64_t* number = static_cast<int64_t*>(ctx.workspace(static_cast<size_t>(n) * sizeof(int64_t)));
  std::fill(number, number + n, 0);
  for (int64_t k = 0; k < m; ++k) {
    const int64_t size = shape[static_cast<int>(k)];
    for (int64_t i = 0; i < n; ++i) {
      int64_t at = index[k * n + i];
      if (at < 0) at += size;
      MX_CHECK(at >= 0 && at < size, kIndex, "[", ctx.op.name, "] index ", index[k * n + i],
               " is out of range for axis ", k, " of shape ", shape);
      number[i] = number[i] * size + at;
    }
  }
  return number;
}

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
  const int64_t* number = block_numbers(ctx, indices, out.shape);
  const int64_t n = indices.shape[0] ? indices.size() / indices.shape[0] : 0, block = n ? values.size() / n : 0;
  for (int64_t i = 0; i < n; ++i)
    std::memcpy(element_at(out, number[i] * block), element_at(values, i * block),
                static_cast<size_t>(block) * size_of(out.dtype));
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
      .forward([](const OpContext& ctx) {
        const Tensor &data = ctx.in[0], &indices = ctx.in[1], &out = ctx.out[0];
        const int64_t* number = block_numbers(ctx, indices, data.shape);
        const int64_t n = indices.size() / indices.shape[0], block = n ? out.size() / n : 0;
        for (int64_t i = 0; i < n; ++i)
          std::memcpy(element_at(out, i * block), element_at(data, number[i] * block),
                      static_cast<size_t>(block) * size_of(out.dtype));
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
      .forward([](const OpContext& ctx) {
        const Tensor &indices = ctx.in[1], &out = ctx.out[0];
        const int64_t* number = block_numbers(ctx, indices, out.shape);
        const int64_t n = indices.size() / indices.shape[0], block = n ? ctx.in[0].size() / n : 1;
        scatter_add(ctx, ctx.in[0], number, n, 1, block ? out.size() / block : 0, block, out);
      });
}

MX_OPERATOR(scatter_nd) {
  scattering(op)
      .describe("Zeros with values written at coordinates.")
      .forward([](const OpContext& ctx) {
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
      .forward([](const OpContext& ctx) {
        copy_flat(ctx.in[0], ctx.out[0]);
        write_blocks(ctx, ctx.in[1], ctx.in[2], ctx.out[0]);
      });
}

}  // namespace mx
