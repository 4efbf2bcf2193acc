// Parts of an array along its axes, and assignment to them.
#include "like.h"
#include "mx/op/kernel.h"
#include "part.h"

namespace mx {
namespace {

struct SliceScalarParam : SliceParam {
  double scalar = 0;
  static void fields(auto& f) {
    f.add("scalar", &SliceScalarParam::scalar, "The number to write.");
    f.add("begin", static_cast<OptionalInts SliceScalarParam::*>(&SliceParam::begin), "As of slice.").required();
    f.add("end", static_cast<OptionalInts SliceScalarParam::*>(&SliceParam::end), "As of slice.").required();
    f.add("step", static_cast<OptionalInts SliceScalarParam::*>(&SliceParam::step), "As of slice.");
  }
};

struct SliceAxisParam {
  int32_t axis = 0;
  int64_t begin = 0;
  std::optional<int64_t> end;
  static void fields(auto& f) {
    f.add("axis", &SliceAxisParam::axis, "The axis; negative ones count from the end.").required();
    f.add("begin", &SliceAxisParam::begin, "The first index; a negative one counts from the end.").required();
    f.add("end", &SliceAxisParam::end, "The index after the last one. None: the edge.").required();
  }
  Part part(const Shape& shape, std::string_view op) const {
    const int at = normalize_axis(axis, shape.ndim, op);
    Part w = Part::whole(shape);
    const int64_t n = shape[at];
    if (n < 0) return w;
    const int64_t from = begin < 0 ? begin + n : begin, to = !end ? n : *end < 0 ? *end + n : *end;
    MX_CHECK(0 <= from && from < to && to <= n, kValue, "[", op, "] ", begin, " to ",
             end.value_or(static_cast<int32_t>(n)), " is no range within axis ", at, " of shape ", shape);
    w.restrict(at, from, to - from);
    return w;
  }
};

struct SliceLikeParam {
  Shape axes = Shape::scalar();
  static void fields(auto& f) {
    f.add("axes", &SliceLikeParam::axes, "The axes to cut; negative ones count from the end. (): all.");
  }
  Part part(const Shape& shape, const Shape& like, std::string_view op) const {
    Part w = Part::whole(shape);
    const auto cut = [&](int axis) {
      MX_CHECK(axis < like.ndim && (shape[axis] < 0 || like[axis] <= shape[axis]), kValue, "[", op, "] axis ", axis,
               " of shape ", shape, " can't be cut as in shape ", like);
      w.restrict(axis, 0, like[axis]);
    };
    if (axes.ndim <= 0) {
      MX_CHECK(shape.ndim == like.ndim, kValue, "[", op, "] shapes ", shape, " and ", like,
               " have different numbers of dimensions; name the axes");
      for (int i = 0; i < shape.ndim; ++i) cut(i);
    }
    for (int64_t axis : axes) cut(normalize_axis(axis, shape.ndim, op));
    return w;
  }
};

// What a slicing operator and its gradient share; the gradient puts the head into zeros of the shape of the data.
template <class P>
OpDef& slicing(OpDef& op) {
  return op.input("data", "The array.")
      .params<P>()
      .infer_shape([](const InferShape& s) {
        if (!s.in[0].rank_known()) return;
        const Part w = s.as<P>().part(s.in[0], s.op.name);
        Shape out = w.count;
        for (int i = 0; i < out.ndim; ++i)
          if (s.in[0][i] < 0) out[i] = -1;
        s.set_output(0, out);
      })
      .portable_forward(
          [](const OpContext& ctx) { ctx.as<P>().part(ctx.in[0].shape, ctx.op.name).read(ctx.in[0], ctx.out[0]); });
}
template <class P>
OpDef& unslicing(OpDef& op) {
  return op.describe("The gradient of slicing.")
      .input("head", "The gradient of the part.")
      .input("data", "Only its shape matters.")
      .params<P>()
      .infer_shape([](const InferShape& s) { s.same(1, 0); })
      .portable_forward([](const OpContext& ctx) {
        fill_zeros(ctx.out[0]);
        ctx.as<P>().part(ctx.out[0].shape, ctx.op.name).write(ctx.in[0], ctx.out[0]);
      });
}

template <class P>
void infer_assign(const InferShape& s) {
  s.same(0, 0);
  if (s.in.size() > 1 && s.in[0].known()) {
    const Shape part = Part::of(s.as<P>(), s.in[0], s.op.name).count;
    if (s.in[1].known() && s.in[1].size() == part.size()) return;  // axes of size 1 may be missing
    s.set_input(1, part);
  }
}

}  // namespace

MX_OPERATOR(slice) {
  slicing<SliceParam>(op)
      .alias("crop")
      .describe("A part of the array, by begin, end and step along its axes.")
      .gradient([](GradientContext& g) { g.set(0, g.call_same("_backward_slice", {g.head(), g.input(0)}).at(0)); });
}
MX_OPERATOR(_backward_slice) {
  unslicing<SliceParam>(op).gradient([](GradientContext& g) {
    g.set(0, g.call("slice", {g.head()}, g.as<SliceParam>()));
    g.set(1, g.zeros_like(g.input(1)));
  });
}

MX_OPERATOR(slice_axis) {
  slicing<SliceAxisParam>(op).describe("A range of indices along one axis.").gradient([](GradientContext& g) {
    g.set(0, g.call_same("_backward_slice_axis", {g.head(), g.input(0)}).at(0));
  });
}
MX_OPERATOR(_backward_slice_axis) {
  unslicing<SliceAxisParam>(op).gradient([](GradientContext& g) {
    g.set(0, g.call("slice_axis", {g.head()}, g.as<SliceAxisParam>()));
    g.set(1, g.zeros_like(g.input(1)));
  });
}

MX_OPERATOR(slice_like) {
  op.describe("The beginning of the array along each axis, as long as another array.")
      .input("data", "The array.")
      .input("shape_like", "The array whose shape is taken.")
      .params<SliceLikeParam>()
      .infer_shape([](const InferShape& s) {
        if (s.in[0].rank_known() && s.in[1].rank_known())
          s.set_output(0, s.as<SliceLikeParam>().part(s.in[0], s.in[1], s.op.name).count);
      })
      .infer_dtype(infer_dtype_like)
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<SliceLikeParam>();
        p.part(ctx.in[0].shape, ctx.in[1].shape, ctx.op.name).read(ctx.in[0], ctx.out[0]);
      })
      .gradient([](GradientContext& g) {
        g.set(0, g.call_same("_backward_slice_like", {g.head(), g.input(0)}).at(0));
        g.set(1, g.zeros_like(g.input(1)));
      });
}
MX_OPERATOR(_backward_slice_like) {
  op.describe("The gradient of slice_like.")
      .input("head", "The gradient of the part.")
      .input("data", "Only its shape matters.")
      .params<SliceLikeParam>()
      .infer_shape([](const InferShape& s) { s.same(1, 0); })
      .portable_forward([](const OpContext& ctx) {
        fill_zeros(ctx.out[0]);
        const auto& p = ctx.as<SliceLikeParam>();
        p.part(ctx.out[0].shape, ctx.in[0].shape, ctx.op.name).write(ctx.in[0], ctx.out[0]);
      });
}

MX_OPERATOR(_slice_assign) {
  op.describe("The first array with a part of it replaced by the second.")
      .alias("_crop_assign")
      .input("lhs", "The array.")
      .input("rhs", "The values for the part.")
      .params<SliceParam>()
      .inplace(0, 0)
      .infer_shape(infer_assign<SliceParam>)
      .portable_forward([](const OpContext& ctx) {
        copy_flat(ctx.in[0], ctx.out[0]);
        Part::of(ctx.as<SliceParam>(), ctx.out[0].shape, ctx.op.name).write(ctx.in[1], ctx.out[0]);
      });
}
MX_OPERATOR(_slice_assign_scalar) {
  op.describe("The array with a part of it replaced by a number.")
      .alias("_crop_assign_scalar")
      .input("data", "The array.")
      .params<SliceScalarParam>()
      .inplace(0, 0)
      .infer_shape(infer_assign<SliceScalarParam>)
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<SliceScalarParam>();
        copy_flat(ctx.in[0], ctx.out[0]);
        alignas(8) char value[8];
        convert(&p.scalar, DType::kFloat64, value, ctx.out[0].dtype, 1);
        Part::of(p, ctx.out[0].shape, ctx.op.name).write({value, Shape{1}, ctx.out[0].dtype}, ctx.out[0]);
      });
}

}  // namespace mx
