// The elements in order, and the order itself.
#include "op/sort/order.h"
#include "op/sort/take_along_axis.h"

namespace mx {
namespace {

struct SortParam {
  std::optional<int32_t> axis = -1;
  bool is_ascend = true;
  static void fields(auto& f) {
    f.add("axis", &SortParam::axis, "The axis; negative ones count from the end. None: the flattened array.");
    f.add("is_ascend", &SortParam::is_ascend, "From the smallest to the largest element, or the other way.");
  }
};
struct ArgsortParam {
  std::optional<int32_t> axis = -1;
  bool is_ascend = true;
  DType dtype = DType::kFloat32;
  static void fields(auto& f) {
    f.add("axis", &ArgsortParam::axis, "The axis; negative ones count from the end. None: the flattened array.");
    f.add("is_ascend", &ArgsortParam::is_ascend, "From the smallest to the largest element, or the other way.");
    f.add("dtype", &ArgsortParam::dtype, "The dtype of the result. float32 holds places up to 2^24.");
  }
};

void infer_ordered(const InferShape& s, const std::optional<int32_t>& axis) {
  const Shape& data = s.in[0];
  if (!data.rank_known()) return;
  if (axis) normalize_axis(*axis, data.ndim, s.op.name);
  const Shape shape = axis ? data : Shape{data.known() ? data.size() : -1};
  for (size_t i = 0; i < s.out.size(); ++i) s.set_output(i, shape);
}

}  // namespace

MX_OPERATOR(sort) {
  op.describe("The elements in order along an axis. NaN is larger than any number.")
      .input("data", "The array.")
      .output("output0", "The elements in order.")
      .output("output1", "Where they stood, int64.")
      .visible_outputs(1)
      .params<SortParam>()
      .infer_shape([](const InferShape& s) { infer_ordered(s, s.as<SortParam>().axis); })
      .infer_dtype([](const InferDType& t) {
        t.set_output(0, t.in[0]);
        t.set_input(0, t.out[0]);
        t.set_output(1, DType::kInt64);
      })
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<SortParam>();
        const Lines lines = Lines::of(p.axis, ctx.in[0].shape, ctx.op.name);
        const int64_t* places = order_lines(ctx, ctx.in[0], lines, lines.n, p.is_ascend);
        if (ctx.wants(0)) read_places(ctx.in[0], places, lines, lines.n, ctx.out[0]);
        if (ctx.wants(1)) convert(places, DType::kInt64, ctx.out[1].data, DType::kInt64, ctx.out[1].size());
      })
      .gradient([](GradientContext& g) {
        g.set(0, g.call("_backward_take_along_axis", {g.head(), g.output(1), g.input(0)},
                        AxisParam{g.as<SortParam>().axis}));
      });
}

MX_OPERATOR(argsort) {
  op.describe(
        "Where the smallest element along an axis is, and the next one, and so on. NaN is larger than any number.")
      .input("data", "The array.")
      .params<ArgsortParam>()
      .no_gradient()
      .infer_shape([](const InferShape& s) { infer_ordered(s, s.as<ArgsortParam>().axis); })
      .infer_dtype([](const InferDType& t) { t.set_output(0, t.as<ArgsortParam>().dtype); })
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<ArgsortParam>();
        const Lines lines = Lines::of(p.axis, ctx.in[0].shape, ctx.op.name);
        const int64_t* places = order_lines(ctx, ctx.in[0], lines, lines.n, p.is_ascend);
        convert(places, DType::kInt64, ctx.out[0].data, ctx.out[0].dtype, ctx.out[0].size());
      });
}

}  // namespace mx
