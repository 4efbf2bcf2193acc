#include <algorithm>

#include "device/scope.h"
#include "op/sort/order.h"
#include "op/sort/take_along_axis.h"

namespace mx {
namespace {

struct TopkParam {
  std::optional<int32_t> axis = -1;
  int64_t k = 1;
  enum Result : int32_t { kBoth, kIndices, kMask, kValue } ret_typ = kIndices;
  bool is_ascend = false;
  DType dtype = DType::kFloat32;
  static void fields(auto& f) {
    f.add("axis", &TopkParam::axis, "The axis; negative ones count from the end. None: the flattened array.");
    f.add("k", &TopkParam::k, "How many elements of each line; less than 1: all.");
    f.add("ret_typ", &TopkParam::ret_typ,
          "What to return: the elements (value), their places (indices), both, or ones at these places and zeros "
          "elsewhere (mask).")
        .names({"both", "indices", "mask", "value"});
    f.add("is_ascend", &TopkParam::is_ascend, "The smallest elements instead of the largest ones.");
    f.add("dtype", &TopkParam::dtype, "The dtype of the places. float32 holds places up to 2^24.");
  }
  bool has_values() const { return ret_typ == kBoth || ret_typ == kValue; }
};

const TopkParam& param(const void* p) { return *static_cast<const TopkParam*>(p); }
// Elements come with a last output for the gradient: their places as int64.
int count_visible(const void* p) { return param(p).ret_typ == TopkParam::kBoth ? 2 : 1; }
int count_outputs(const void* p) { return count_visible(p) + param(p).has_values(); }

int64_t length(const TopkParam& p, int64_t n) {
  MX_CHECK(n < 0 || p.k <= n, kValue, "[topk] k is ", p.k, ", but there are only ", n, " elements along the axis");
  return p.k < 1 ? n : p.k;
}

void infer_shape(const InferShape& s) {
  const auto& p = s.as<TopkParam>();
  const Shape& data = s.in[0];
  if (!data.rank_known()) return;
  Shape shape = data;
  if (p.axis) {
    int64_t& n = shape[normalize_axis(*p.axis, data.ndim, s.op.name)];
    n = length(p, n);
  } else {
    shape = Shape{length(p, data.known() ? data.size() : -1)};
  }
  if (p.ret_typ == TopkParam::kMask) shape = data;
  for (size_t i = 0; i < s.out.size(); ++i) s.set_output(i, shape);
}

void infer_dtype(const InferDType& t) {
  const auto& p = t.as<TopkParam>();
  if (p.ret_typ == TopkParam::kIndices) return t.set_output(0, p.dtype);
  t.set_output(0, t.in[0]);
  t.set_input(0, t.out[0]);
  if (p.ret_typ == TopkParam::kBoth) t.set_output(1, p.dtype);
  if (p.has_values()) t.set_output(t.out.size() - 1, DType::kInt64);
}

void write_mask(const int64_t* places, const Lines& lines, int64_t k, const Tensor& mask) {
  fill_zeros(mask);
  alignas(8) char one[8];
  const int32_t number = 1;
  convert(&number, DType::kInt32, one, mask.dtype, 1);
  if (device::current()) return write_places({one, {1}, mask.dtype}, places, lines, k, mask);
  for (int64_t at = 0; at < lines.count() * k; ++at) {
    const int64_t line = at / (k * lines.inner), i = at % lines.inner;
    std::copy_n(one, size_of(mask.dtype), element_at(mask, (line * lines.n + places[at]) * lines.inner + i));
  }
}

void forward(const OpContext& ctx) {
  const auto& p = ctx.as<TopkParam>();
  const Lines lines = Lines::of(p.axis, ctx.in[0].shape, ctx.op.name);
  const int64_t k = length(p, lines.n);
  const int64_t* places = order_lines(ctx, ctx.in[0], lines, k, p.is_ascend);
  const auto write = [&](size_t output) {
    const Tensor& out = ctx.out[output];
    if (out.data) convert(places, DType::kInt64, out.data, out.dtype, out.size());
  };
  if (p.ret_typ == TopkParam::kMask) return write_mask(places, lines, k, ctx.out[0]);
  if (p.ret_typ == TopkParam::kIndices) return write(0);
  if (ctx.wants(0)) read_places(ctx.in[0], places, lines, k, ctx.out[0]);
  for (size_t i = 1; i < ctx.out.size(); ++i) write(i);
}

}  // namespace

MX_OPERATOR(topk) {
  op.describe(
        "The k largest or smallest elements along an axis in order: the elements, their places, or a mask. Equal "
        "elements keep their order; NaN is larger than any number.")
      .input("data", "The array.")
      .params<TopkParam>()
      .num_outputs(count_outputs)
      .visible_outputs(count_visible)
      .infer_shape(infer_shape)
      .infer_dtype(infer_dtype)
      .portable_forward(forward)
      .gradient([](GradientContext& g) {
        const auto& p = g.as<TopkParam>();
        if (!p.has_values()) return g.set(0, g.zeros_like(g.input(0)));
        const Value places = g.output(g.num_outputs() - 1);
        g.set(0, g.call("_backward_take_along_axis", {g.head(), places, g.input(0)}, AxisParam{p.axis}));
      });
}

}  // namespace mx
