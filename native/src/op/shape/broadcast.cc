// Repetition of axes of size 1, and its gradient.
#include "like.h"
#include "mx/op/elementwise.h"
#include "mx/op/reduce.h"

namespace mx {
namespace {

struct BroadcastToParam {
  Shape shape = Shape::scalar();
  static void fields(auto& f) { f.add("shape", &BroadcastToParam::shape, "The new shape; 0 keeps a dimension."); }
};
struct BroadcastAxisParam {
  Shape axis = Shape::scalar(), size = Shape::scalar();
  static void fields(auto& f) {
    f.add("axis", &BroadcastAxisParam::axis, "The axes to repeat; each has size 1.");
    f.add("size", &BroadcastAxisParam::size, "The new size of each of them.");
  }
};
struct BroadcastLikeParam {
  std::optional<Shape> lhs_axes, rhs_axes;
  static void fields(auto& f) {
    f.add("lhs_axes", &BroadcastLikeParam::lhs_axes, "The axes of lhs to repeat. None: all.");
    f.add("rhs_axes", &BroadcastLikeParam::rhs_axes, "The axes of rhs that tell their sizes. None: all.");
  }
};

void forward_broadcast(const OpContext& ctx) { run_elementwise(get_kernel("copy"), ctx.in.first(1), ctx.out); }
void gradient_broadcast(GradientContext& g) { g.set(0, unbroadcast(g, g.head(), g.input(0))); }

// Size `to` for a dimension of size `from`.
int64_t stretched(int64_t from, int64_t to, const InferShape& s) {
  MX_CHECK(from == to || from == 1 || from < 0 || to < 0, kValue, "[", s.op.name, "] shape ", s.in[0],
           " has a dimension of ", from, ", which can't be repeated to ", to, "; only size 1 can");
  return to;
}

}  // namespace

MX_OPERATOR(broadcast_to) {
  op.describe("The array with axes of size 1 repeated to a given shape.")
      .input("data", "The array.")
      .params<BroadcastToParam>()
      .portable_forward(forward_broadcast)
      .gradient(gradient_broadcast)
      .infer_shape([](const InferShape& s) {
        const Shape &in = s.in[0], &to = s.as<BroadcastToParam>().shape;
        if (!in.rank_known()) return;
        MX_CHECK(in.ndim == to.ndim, kValue, "[broadcast_to] an array of shape ", in, " can't get shape ", to,
                 ": the numbers of dimensions differ; reshape it first");
        Shape out = in;
        for (int i = 0; i < in.ndim; ++i)
          if (to[i] != 0) out[i] = stretched(in[i], to[i], s);
        s.set_output(0, out);
      });
}

MX_OPERATOR(broadcast_axis) {
  op.describe("The array with some axes of size 1 repeated.")
      .alias("broadcast_axes")
      .input("data", "The array.")
      .params<BroadcastAxisParam>()
      .portable_forward(forward_broadcast)
      .gradient(gradient_broadcast)
      .infer_shape([](const InferShape& s) {
        const auto& p = s.as<BroadcastAxisParam>();
        if (!s.in[0].rank_known()) return;
        MX_CHECK(p.axis.ndim == p.size.ndim, kValue, "[broadcast_axis] axis ", p.axis, " and size ", p.size,
                 " must have the same length");
        Shape out = s.in[0];
        for (int i = 0; i < p.axis.ndim; ++i) {
          int64_t& dim = out[normalize_axis(p.axis[i], out.ndim, s.op.name)];
          dim = stretched(dim, p.size[i], s);
        }
        s.set_output(0, out);
      });
}

MX_OPERATOR(broadcast_like) {
  op.describe("The array with axes of size 1 repeated to the shape of another.")
      .input("lhs", "The array.")
      .input("rhs", "The array whose shape is taken.")
      .params<BroadcastLikeParam>()
      .portable_forward(forward_broadcast)
      .infer_shape([](const InferShape& s) {
        const auto& p = s.as<BroadcastLikeParam>();
        const Shape &l = s.in[0], &r = s.in[1];
        if (!l.rank_known() || !r.rank_known()) return;
        MX_CHECK(p.lhs_axes.has_value() == p.rhs_axes.has_value(), kValue,
                 "[broadcast_like] give both lhs_axes and rhs_axes, or neither");
        Shape out = l;
        if (!p.lhs_axes) {
          MX_CHECK(l.ndim <= r.ndim, kValue, "[broadcast_like] shape ", l, " has more dimensions than ", r,
                   "; name the axes");
          out = r;  // aligned at the last axis; l is repeated along those that it lacks
          for (int i = r.ndim - l.ndim, j = 0; j < l.ndim; ++i, ++j) out[i] = stretched(l[j], r[i], s);
          return s.set_output(0, out);
        }
        MX_CHECK(p.lhs_axes->ndim == p.rhs_axes->ndim, kValue, "[broadcast_like] lhs_axes ", *p.lhs_axes,
                 " and rhs_axes ", *p.rhs_axes, " must have the same length");
        for (int i = 0; i < p.lhs_axes->ndim; ++i) {
          int64_t& dim = out[normalize_axis((*p.lhs_axes)[i], l.ndim, s.op.name)];
          dim = stretched(dim, r[normalize_axis((*p.rhs_axes)[i], r.ndim, s.op.name)], s);
        }
        s.set_output(0, out);
      })
      .infer_dtype(infer_dtype_like)
      .gradient([](GradientContext& g) {
        g.set(0, unbroadcast(g, g.head(), g.input(0)));
        g.set(1, g.zeros_like(g.input(1)));
      });
}

// The head summed over the axes that broadcasting has repeated or added.
MX_OPERATOR(_backward_broadcast) {
  op.describe("The gradient of broadcasting.")
      .input("head", "The gradient of the result.")
      .input("data", "Only its shape matters.")
      .inplace(0, 0)
      .infer_shape([](const InferShape& s) { s.same(1, 0); })
      .portable_forward([](const OpContext& ctx) {
        const Shape &from = ctx.in[0].shape, &to = ctx.out[0].shape;
        unsigned axes = 0;
        for (int back = 1; back <= from.ndim; ++back)
          if ((back > to.ndim || to[to.ndim - back] == 1) && from[from.ndim - back] != 1)
            axes |= 1u << (from.ndim - back);
        if (axes) return run_reduce(ctx, get_kernel("sum"), ctx.in[0], ctx.out[0], axes);
        if (ctx.in[0].data != ctx.out[0].data) run_elementwise(get_kernel("copy"), ctx.in.first(1), ctx.out);
      })
      .gradient([](GradientContext& g) {
        g.set(0, g.call("_broadcast_shape_like", {g.head(), g.input(0)}));
        g.set(1, g.zeros_like(g.input(1)));
      });
}
// The array repeated to the shape of another with at least as many dimensions.
MX_OPERATOR(_broadcast_shape_like) {
  op.describe("The gradient of the gradient of broadcasting.")
      .hidden()
      .input("data", "The array.")
      .input("like", "Only its shape matters.")
      .infer_shape([](const InferShape& s) { s.same(1, 0); })
      .portable_forward(forward_broadcast)
      .gradient([](GradientContext& g) {
        g.set(0, unbroadcast(g, g.head(), g.input(0)));
        g.set(1, g.zeros_like(g.input(1)));
      });
}

}  // namespace mx
