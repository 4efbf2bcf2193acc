// Between coordinates in an array of a given shape and positions in its flat order.
#include "engine/threads.h"
#include "mx/op.h"
#include "mx/op/kernel.h"

namespace mx {
namespace {

struct RavelParam {
  std::optional<Shape> shape;
  static void fields(auto& f) {
    f.add("shape", &RavelParam::shape, "The shape of the array; the first dimension may be anything. Must be given.");
  }
};

const Shape& shape_of(const void* params, const OpDef& op) {
  const auto& shape = static_cast<const RavelParam*>(params)->shape;
  MX_CHECK(shape && shape->ndim > 0, kValue, "[", op.name, "] shape must be given");
  return *shape;
}

int64_t* as_int64(const OpContext& ctx, const Tensor& data) {
  auto* values = static_cast<int64_t*>(ctx.workspace(static_cast<size_t>(data.size()) * sizeof(int64_t)));
  convert(data.data, data.dtype, values, DType::kInt64, data.size());
  return values;
}

}  // namespace

MX_OPERATOR(_ravel_multi_index) {
  op.describe("Columns of coordinates turned into positions in the flat order of an array.")
      .alias("ravel_multi_index")
      .input("data", "The coordinates, (axes, ...).")
      .params<RavelParam>()
      .no_gradient()
      .infer_shape([](const InferShape& s) {
        const Shape &data = s.in[0], &shape = shape_of(s.params, s.op);
        if (!data.rank_known()) return;
        MX_CHECK(data.ndim >= 1 && (data[0] < 0 || data[0] == shape.ndim), kValue,
                 "[_ravel_multi_index] data has shape ", data, ", but must have ", shape.ndim,
                 " coordinates along its first axis, for shape ", shape);
        Shape out = data.slice(1);
        if (out.ndim == 0) out.push_back(1);
        s.set_output(0, out);
      })
      .forward([](const OpContext& ctx) {
        const Shape& shape = shape_of(ctx.params, ctx.op);
        const int64_t n = ctx.out[0].size(), *from = as_int64(ctx, ctx.in[0]);
        auto* to = static_cast<int64_t*>(ctx.workspace(static_cast<size_t>(n) * sizeof(int64_t)));
        engine::parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) to[i] = 0;
          for (int k = 0; k < shape.ndim; ++k)
            for (int64_t i = begin; i < end; ++i) to[i] = to[i] * shape[k] + from[k * n + i];
        });
        convert(to, DType::kInt64, ctx.out[0].data, ctx.out[0].dtype, n);
      });
}

MX_OPERATOR(_unravel_index) {
  op.describe("Positions in the flat order of an array turned into columns of coordinates.")
      .alias("unravel_index")
      .input("data", "The positions.")
      .params<RavelParam>()
      .no_gradient()
      .infer_shape([](const InferShape& s) {
        const Shape& shape = shape_of(s.params, s.op);
        for (int k = 1; k < shape.ndim; ++k)
          MX_CHECK(shape[k] > 0, kValue, "[_unravel_index] shape ", shape,
                   " must be positive after its first dimension");
        if (!s.in[0].rank_known()) return;
        Shape out{shape.ndim};
        for (int64_t dim : s.in[0]) out.push_back(dim);
        s.set_output(0, out);
      })
      .forward([](const OpContext& ctx) {
        const Shape& shape = shape_of(ctx.params, ctx.op);
        const int64_t n = ctx.in[0].size();
        int64_t* left = as_int64(ctx, ctx.in[0]);
        auto* to = static_cast<int64_t*>(ctx.workspace(static_cast<size_t>(n * shape.ndim) * sizeof(int64_t)));
        engine::parallel_for(n, kGrain / 8, [&](int64_t begin, int64_t end) {
          for (int k = shape.ndim - 1; k > 0; --k)
            for (int64_t i = begin; i < end; ++i) to[k * n + i] = left[i] % shape[k], left[i] /= shape[k];
          for (int64_t i = begin; i < end; ++i) to[i] = left[i];
        });
        convert(to, DType::kInt64, ctx.out[0].data, ctx.out[0].dtype, n * shape.ndim);
      });
}

}  // namespace mx
