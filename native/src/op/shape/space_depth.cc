// Blocks of space moved to the channels, and back.
#include "mx/op.h"
#include "mx/op/strided.h"

namespace mx {
namespace {

struct BlockParam {
  int32_t block_size = 1;
  static void fields(auto& f) {
    f.add("block_size", &BlockParam::block_size, "The height and the width of a block.").range(1).required();
  }
};

// Between (n, b, b, c, h, w), the deep array, and (n, c, h, b, w, b), the wide one.
void rearrange(const OpContext& ctx, bool to_space) {
  const Shape& wide = to_space ? ctx.out[0].shape : ctx.in[0].shape;
  const int64_t b = ctx.as<BlockParam>().block_size, c = wide[1], h = wide[2] / b, w = wide[3] / b;
  const struct {
    int64_t size, deep, wide;
  } axes[] = {{wide[0], b * b * c * h * w, b * b * c * h * w},
              {c, h * w, b * h * b * w},
              {h, w, b * w * b},
              {b, b * c * h * w, w * b},
              {w, 1, b},
              {b, c * h * w, 1}};
  StridedCopy copy;
  for (const auto& axis : axes)
    copy.axis(axis.size, to_space ? axis.deep : axis.wide, to_space ? axis.wide : axis.deep);
  if (ctx.in[0].size()) copy.run(ctx.in[0].data, ctx.out[0].data, size_of(ctx.in[0].dtype));
}

OpDef& rearrangement(OpDef& op, GradientFn gradient) {
  return op.input("data", "The images, (batch, channels, height, width).").params<BlockParam>().gradient(gradient);
}

void check_rank(const InferShape& s) {
  MX_CHECK(s.in[0].ndim == 4, kValue, "[", s.op.name, "] data has shape ", s.in[0],
           ", but must be (batch, channels, height, width)");
}
int64_t divided(const InferShape& s, int axis, int64_t by) {
  const int64_t size = s.in[0][axis];
  MX_CHECK(size < 0 || size % by == 0, kValue, "[", s.op.name, "] axis ", axis, " of data ", s.in[0],
           " is no multiple of ", by);
  return size < 0 ? -1 : size / by;
}
int64_t times(int64_t size, int64_t factor) { return size < 0 ? -1 : size * factor; }

}  // namespace

MX_OPERATOR(depth_to_space) {
  rearrangement(op, [](GradientContext& g) { g.set(0, g.call_same("space_to_depth", {g.head()}).at(0)); })
      .describe("Channels laid out as blocks of space: (n, b b c, h, w) becomes (n, c, b h, b w).")
      .infer_shape([](const InferShape& s) {
        if (!s.in[0].rank_known()) return;
        check_rank(s);
        const int64_t b = s.as<BlockParam>().block_size;
        const Shape& in = s.in[0];
        s.set_output(0, Shape{in[0], divided(s, 1, b * b), times(in[2], b), times(in[3], b)});
      })
      .portable_forward([](const OpContext& ctx) { rearrange(ctx, true); });
}

MX_OPERATOR(space_to_depth) {
  rearrangement(op, [](GradientContext& g) { g.set(0, g.call_same("depth_to_space", {g.head()}).at(0)); })
      .describe("Blocks of space laid out as channels: (n, c, b h, b w) becomes (n, b b c, h, w).")
      .infer_shape([](const InferShape& s) {
        if (!s.in[0].rank_known()) return;
        check_rank(s);
        const int64_t b = s.as<BlockParam>().block_size;
        s.set_output(0, Shape{s.in[0][0], times(s.in[0][1], b * b), divided(s, 2, b), divided(s, 3, b)});
      })
      .portable_forward([](const OpContext& ctx) { rearrange(ctx, false); });
}

}  // namespace mx
