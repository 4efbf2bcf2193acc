#include "mx/op.h"
#include "mx/op/strided.h"

namespace mx {
namespace {

struct TransposeParam {
  Shape axes = Shape::scalar();
  static void fields(auto& f) {
    f.add("axes", &TransposeParam::axes, "The old axis at each new place. (): the axes in reverse order.");
  }
};
struct SwapParam {
  int32_t dim1 = 0, dim2 = 0;
  static void fields(auto& f) {
    f.add("dim1", &SwapParam::dim1, "The first axis; negative values count from the end.");
    f.add("dim2", &SwapParam::dim2, "The second axis.");
  }
};

Shape order(const Shape& axes, int ndim) {
  Shape result = Shape::filled(ndim, 0);
  if (axes.ndim <= 0) {
    for (int i = 0; i < ndim; ++i) result[i] = ndim - 1 - i;
    return result;
  }
  MX_CHECK(axes.ndim == ndim, kValue, "[transpose] axes ", axes, " don't fit an array of ", ndim, " dimensions");
  unsigned seen = 0;
  for (int i = 0; i < ndim; ++i) {
    result[i] = normalize_axis(axes[i], ndim, "transpose");
    seen |= 1u << result[i];
  }
  MX_CHECK(seen == (1u << ndim) - 1, kValue, "[transpose] axes ", axes, " name an axis twice");
  return result;
}
Shape order(const SwapParam& p, int ndim) {
  Shape result = Shape::filled(ndim, 0);
  for (int i = 0; i < ndim; ++i) result[i] = i;
  std::swap(result[normalize_axis(p.dim1, ndim, "SwapAxis")], result[normalize_axis(p.dim2, ndim, "SwapAxis")]);
  return result;
}

// Both ways: new axis i is old axis axes[i].
void infer(const InferShape& s, const Shape& axes) {
  Shape out = Shape::filled(axes.ndim, -1), in = out;
  for (int i = 0; i < axes.ndim; ++i) {
    if (s.in[0].rank_known()) out[i] = s.in[0][static_cast<int>(axes[i])];
    if (s.out[0].rank_known()) in[static_cast<int>(axes[i])] = s.out[0][i];
  }
  s.set_output(0, out);
  s.set_input(0, in);
}

void permute(const OpContext& ctx, const Shape& axes) {
  const Shape &out = ctx.out[0].shape, in = strides_of(ctx.in[0].shape), to = strides_of(out);
  StridedCopy copy;
  for (int i = 0; i < out.ndim; ++i) copy.axis(out[i], in[static_cast<int>(axes[i])], to[i]);
  copy.run(ctx.in[0].data, ctx.out[0].data, size_of(ctx.out[0].dtype));
}

int rank(const InferShape& s) { return s.in[0].rank_known() ? s.in[0].ndim : s.out[0].ndim; }

}  // namespace

MX_OPERATOR(transpose) {
  op.describe("The array with its axes in another order.")
      .input("data", "The array.")
      .params<TransposeParam>()
      .infer_shape([](const InferShape& s) {
        const auto& p = s.as<TransposeParam>();
        if (rank(s) >= 0) infer(s, order(p.axes, rank(s)));
      })
      .portable_forward(
          [](const OpContext& ctx) { permute(ctx, order(ctx.as<TransposeParam>().axes, ctx.in[0].shape.ndim)); })
      .gradient([](GradientContext& g) {
        const Shape& axes = g.as<TransposeParam>().axes;
        Shape back = axes;
        for (int i = 0; i < axes.ndim; ++i) back[normalize_axis(axes[i], axes.ndim, "transpose")] = i;
        g.set(0, g.call("transpose", {g.head()}, TransposeParam{back}));
      });
}

MX_OPERATOR(SwapAxis) {
  op.describe("The array with two axes exchanged.")
      .alias("swapaxes")
      .input("data", "The array.")
      .params<SwapParam>()
      .infer_shape([](const InferShape& s) {
        if (rank(s) >= 0) infer(s, order(s.as<SwapParam>(), rank(s)));
      })
      .portable_forward([](const OpContext& ctx) { permute(ctx, order(ctx.as<SwapParam>(), ctx.in[0].shape.ndim)); })
      .gradient([](GradientContext& g) { g.set(0, g.call("SwapAxis", {g.head()}, g.as<SwapParam>())); });
}

}  // namespace mx
