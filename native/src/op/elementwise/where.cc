#include "mx/op/elementwise.h"

namespace mx::MX_ISA {
struct Where {
  template <class T>
  MX_XPU T operator()(T condition, T x, T y) const {
    return condition != T(0) ? x : y;
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(where, Elementwise<Where>, float, double, int32_t, int64_t)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(where) {
  op.describe("x where the condition is not zero, y elsewhere.")
      .input("condition", "Numbers of any dtype; of the shape of x, or one per row of x.")
      .input("x", "The values where the condition holds.")
      .input("y", "The values elsewhere, like x.")
      .infer_shape([](const InferShape& s) {
        s.same(1, 0);
        s.same(2, 0);
        s.same(1, 0);
        const Shape &condition = s.in[0], &out = s.out[0];
        if (!condition.rank_known() || !out.rank_known()) return;
        if (condition.ndim == 1 && out.ndim > 1) return s.set_input(0, Shape{out[0]});
        s.set_input(0, out);
      })
      .infer_dtype([](const InferDType& t) {
        t.set_output(0, t.in[1]);
        t.set_output(0, t.in[2]);
        t.set_input(1, t.out[0]);
        t.set_input(2, t.out[0]);
        if (t.in[0] == DType::kUnknown) t.set_input(0, t.out[0]);
      })
      .portable_forward([](const OpContext& ctx) {
        Tensor condition = ctx.in[0];
        // 0.3 is true, also where the values are integers.
        if (condition.dtype != DType::kBool) {
          const Tensor truth{ctx.workspace(static_cast<size_t>(condition.size())), condition.shape, DType::kBool};
          convert(condition.data, condition.dtype, truth.data, DType::kBool, condition.size());
          condition = truth;
        }
        const int ndim = ctx.out[0].shape.ndim;
        if (condition.shape.ndim == 1 && ndim > 1) {
          Shape rows = Shape::filled(ndim, 1);
          rows[0] = condition.shape[0];
          condition.shape = rows;
        }
        const Tensor in[] = {condition, ctx.in[1], ctx.in[2]};
        run_elementwise(get_kernel("where"), in, ctx.out);
      })
      .gradient([](GradientContext& g) {
        const Value zeros = g.zeros_like(g.head());
        g.set(0, g.zeros_like(g.input(0)));
        g.set(1, g.call("where", {g.input(0), g.head(), zeros}));
        g.set(2, g.call("where", {g.input(0), zeros, g.head()}));
      });
}
}  // namespace mx
#endif
