// The elements at given places of each line along an axis, and the way back: gradients of sort and topk.
#include "op/sort/take_along_axis.h"

#include "op/sort/order.h"

namespace mx {
namespace {

// `places` has the shape of the data with another length along the axis, or is flat without one.
int64_t length_of(const Tensor& places, const AxisParam& p, std::string_view op) {
  return Lines::of(p.axis, places.shape, op).n;
}

void keep_dtype(const InferDType& t) {
  t.set_output(0, t.in[0]);
  t.set_input(0, t.out[0]);
  t.set_input(1, DType::kInt64);
}

}  // namespace

MX_OPERATOR(_take_along_axis) {
  op.describe("The elements at given places of each line along an axis.")
      .hidden()
      .input("data", "The array.")
      .input("places", "Where in its line each element is; int64, each place at most once.")
      .params<AxisParam>()
      .infer_dtype(keep_dtype)
      .infer_shape([](const InferShape& s) { s.same(1, 0); })
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<AxisParam>();
        const Lines lines = Lines::of(p.axis, ctx.in[0].shape, ctx.op.name);
        read_places(ctx.in[0], ctx.in[1].as<int64_t>(), lines, length_of(ctx.in[1], p, ctx.op.name), ctx.out[0]);
      })
      .gradient([](GradientContext& g) {
        g.set(0, g.call_same("_backward_take_along_axis", {g.head(), g.input(1), g.input(0)}).at(0));
        if (g.wants(1)) g.set(1, g.zeros_like(g.input(1)));
      });
}

MX_OPERATOR(_backward_take_along_axis) {
  op.describe("The gradient of _take_along_axis.")
      .input("head", "The gradient of the result.")
      .input("places", "Where in its line each element is.")
      .input("data", "Only its shape matters.")
      .params<AxisParam>()
      .reads([](const void*, size_t input) { return input != 2; })
      .infer_dtype(keep_dtype)
      .infer_shape([](const InferShape& s) { s.same(2, 0); })
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<AxisParam>();
        const Lines lines = Lines::of(p.axis, ctx.out[0].shape, ctx.op.name);
        const int64_t k = length_of(ctx.in[1], p, ctx.op.name);
        if (k < lines.n) fill_zeros(ctx.out[0]);
        write_places(ctx.in[0], ctx.in[1].as<int64_t>(), lines, k, ctx.out[0]);
      })
      .gradient([](GradientContext& g) {
        g.set(0, g.call_same("_take_along_axis", {g.head(), g.input(1)}).at(0));
        for (size_t i : {1, 2})
          if (g.wants(i)) g.set(i, g.zeros_like(g.input(i)));
      });
}

}  // namespace mx
