// Repetition and reversal.
#include "mx/op.h"
#include "mx/op/reduce.h"
#include "mx/op/strided.h"
#include "times.h"

namespace mx {
namespace {

struct TileParam {
  Shape reps = Shape::scalar();
  static void fields(auto& f) {
    f.add("reps", &TileParam::reps, "How often to repeat along each axis, matched from the last one.").required();
  }
};
struct RepeatParam {
  int64_t repeats = 1;
  std::optional<int32_t> axis;
  static void fields(auto& f) {
    f.add("repeats", &RepeatParam::repeats, "How often each element is repeated.").range(0).required();
    f.add("axis", &RepeatParam::axis, "The axis; negative ones count from the end. None: the flattened array.");
  }
};
struct ReverseParam {
  Shape axis = Shape::scalar();
  static void fields(auto& f) {
    f.add("axis", &ReverseParam::axis, "The axis or axes to reverse; negative ones count from the end.").required();
  }
};

// The axes of the result of repeat: the repetitions are the third.
struct Repetition {
  int64_t outer, n, inner, repeats;
};
Repetition repetition(const RepeatParam& p, const Shape& shape) {
  if (!p.axis) return {1, shape.size(), 1, p.repeats};
  const int axis = normalize_axis(*p.axis, shape.ndim, "repeat");
  return {shape.size(0, axis), shape[axis], shape.size(axis + 1, shape.ndim), p.repeats};
}

// A "_backward_..." operator: the head, viewed with axes of their own for the repetitions, summed over those.
OpDef& repetition_gradient(OpDef& op) {
  return op.describe("The gradient of repetition.")
      .input("head", "The gradient of the result.")
      .input("data", "Only its shape matters.")
      .infer_shape([](const InferShape& s) { s.same(1, 0); });
}
void sum_repetitions(const OpContext& ctx, const Shape& view, unsigned axes) {
  run_reduce(ctx, get_kernel("sum"), {ctx.in[0].data, view, ctx.in[0].dtype}, ctx.out[0], axes);
}

}  // namespace

MX_OPERATOR(tile) {
  op.describe("The whole array repeated along its axes.")
      .input("data", "The array.")
      .params<TileParam>()
      .infer_shape([](const InferShape& s) {
        const Shape &in = s.in[0], &reps = s.as<TileParam>().reps;
        if (!in.rank_known()) return;
        Shape out = Shape::filled(in.ndim > reps.ndim ? in.ndim : reps.ndim, 1);
        for (int back = 1; back <= out.ndim; ++back) {
          const int64_t n = back > in.ndim ? 1 : in[in.ndim - back], r = back > reps.ndim ? 1 : reps[reps.ndim - back];
          MX_CHECK(r >= 0, kValue, "[tile] reps ", reps, " must not be negative");
          out[out.ndim - back] = n < 0 ? -1 : n * r;
        }
        s.set_output(0, out);
      })
      .portable_forward([](const OpContext& ctx) {
        const Shape &in = ctx.in[0].shape, &out = ctx.out[0].shape, strides = strides_of(in), to = strides_of(out);
        if (ctx.out[0].size() == 0) return;
        StridedCopy copy;
        for (int i = 0; i < out.ndim; ++i) {
          const int back = out.ndim - i;
          const int64_t n = back > in.ndim ? 1 : in[in.ndim - back];
          if (out[i] != n) copy.axis(out[i] / n, 0, to[i] * n);
          copy.axis(n, back > in.ndim ? 0 : strides[in.ndim - back], to[i]);
        }
        copy.run(ctx.in[0].data, ctx.out[0].data, size_of(ctx.out[0].dtype));
      })
      .gradient([](GradientContext& g) { g.set(0, g.call("_backward_tile", {g.head(), g.input(0)})); });
}

MX_OPERATOR(_backward_tile) {
  repetition_gradient(op).portable_forward([](const OpContext& ctx) {
    const Shape &in = ctx.out[0].shape, &out = ctx.in[0].shape;
    if (in.size() == 0) return;
    Shape view = Shape::scalar();
    unsigned axes = 0;
    for (int back = out.ndim; back >= 1; --back) {
      const int64_t n = back > in.ndim ? 1 : in[in.ndim - back], repeats = out[out.ndim - back] / n;
      if (repeats != 1) axes |= 1u << view.ndim, view.push_back(repeats);
      if (n != 1) view.push_back(n);
    }
    sum_repetitions(ctx, view, axes);
  });
}

MX_OPERATOR(repeat) {
  op.describe("Every element repeated in place.")
      .input("data", "The array.")
      .params<RepeatParam>()
      .infer_shape([](const InferShape& s) {
        const auto& p = s.as<RepeatParam>();
        if (!s.in[0].rank_known()) return;
        if (!p.axis) return s.set_output(0, Shape{times(s.in[0].known() ? s.in[0].size() : -1, p.repeats, s.op.name)});
        Shape out = s.in[0];
        int64_t& dim = out[normalize_axis(*p.axis, out.ndim, s.op.name)];
        dim = times(dim, p.repeats, s.op.name);
        s.set_output(0, out);
      })
      .portable_forward([](const OpContext& ctx) {
        const Repetition r = repetition(ctx.as<RepeatParam>(), ctx.in[0].shape);
        StridedCopy copy;
        copy.axis(r.outer, r.n * r.inner, r.n * r.repeats * r.inner);
        copy.axis(r.n, r.inner, r.repeats * r.inner);
        copy.axis(r.repeats, 0, r.inner);
        copy.axis(r.inner, 1, 1);
        copy.run(ctx.in[0].data, ctx.out[0].data, size_of(ctx.out[0].dtype));
      })
      .gradient([](GradientContext& g) { g.set(0, g.call_same("_backward_repeat", {g.head(), g.input(0)}).at(0)); });
}

MX_OPERATOR(_backward_repeat) {
  repetition_gradient(op).params<RepeatParam>().portable_forward([](const OpContext& ctx) {
    const Repetition r = repetition(ctx.as<RepeatParam>(), ctx.out[0].shape);
    sum_repetitions(ctx, Shape{r.outer, r.n, r.repeats, r.inner}, 1u << 2);
  });
}

MX_OPERATOR(reverse) {
  op.describe("The array with the order of elements reversed along axes.")
      .alias("flip")
      .input("data", "The array.")
      .params<ReverseParam>()
      .infer_shape(same_shape)
      .portable_forward([](const OpContext& ctx) {
        const Shape &shape = ctx.in[0].shape, strides = strides_of(shape);
        unsigned turned = 0;
        for (int64_t a : ctx.as<ReverseParam>().axis) turned |= 1u << normalize_axis(a, shape.ndim, ctx.op.name);
        StridedCopy copy;
        int64_t offset = 0;
        for (int i = 0; i < shape.ndim; ++i) {
          const bool back = turned >> i & 1;
          if (back) offset += (shape[i] - 1) * strides[i];
          copy.axis(shape[i], back ? -strides[i] : strides[i], strides[i]);
        }
        if (shape.size()) copy.run(element_at(ctx.in[0], offset), ctx.out[0].data, size_of(ctx.out[0].dtype));
      })
      .gradient([](GradientContext& g) { g.set(0, g.call("reverse", {g.head()}, g.as<ReverseParam>())); });
}

}  // namespace mx
