#include "mx/op/reduce.h"

namespace mx {
struct NormParam {
  int32_t ord = 2;
  std::optional<Shape> axis;
  std::optional<DType> out_dtype;
  bool keepdims = false;
  static void fields(auto& f) {
    f.add("ord", &NormParam::ord, "1: the sum of absolute values; 2: the root of the sum of squares.").range(1, 2);
    f.add("axis", &NormParam::axis, "The axis or axes to reduce. None or (): all of them.");
    f.add("out_dtype", &NormParam::out_dtype, "The dtype of the result. None: that of the array.");
    f.add("keepdims", &NormParam::keepdims, "Keep the reduced axes with size 1.");
  }
};
}  // namespace mx

namespace mx::MX_ISA {
struct AbsoluteSum {
  template <class T>
  MX_XPU static T identity() {
    return T(0);
  }
  template <class T>
  MX_XPU T map(T x) const {
    return abs(x);
  }
  template <class T>
  MX_XPU T combine(T a, T b) const {
    return a + b;
  }
};
struct SquareSum : AbsoluteSum {
  template <class T>
  MX_XPU T map(T x) const {
    return x * x;
  }
  template <class T>
  MX_XPU T finish(T sum, int64_t) const {
    return sqrt(sum);
  }
};
struct Norm1Gradient {
  template <class T>
  MX_XPU T operator()(T head, T x, T) const {
    return x > T(0) ? head : x < T(0) ? -head : T(0);
  }
};
struct Norm2Gradient {
  template <class T>
  MX_XPU T operator()(T head, T x, T y) const {
    return y == T(0) ? T(0) : head * x / y;  // the subgradient of least size at a zero vector
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(norm1, Reduce<AbsoluteSum>, float, double)
MX_KERNELS(norm2, Reduce<SquareSum>, float, double)
MX_KERNELS(_backward_norm1, Elementwise<Norm1Gradient>, float, double)
MX_KERNELS(_backward_norm2, Elementwise<Norm2Gradient>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
namespace {
Shape result_shape(const InferShape& s, const Shape& data) {
  const auto& p = s.as<NormParam>();
  return reduced_shape(data, reduced_axes(p.axis, false, data.ndim, s.op.name), p.keepdims);
}
}  // namespace

MX_OPERATOR(norm) {
  op.describe("The norm of vectors that lie along axes.")
      .input("data", "The array.")
      .params<NormParam>()
      .infer_shape([](const InferShape& s) {
        if (s.in[0].rank_known()) s.set_output(0, result_shape(s, s.in[0]));
      })
      .infer_dtype([](const InferDType& t) {
        const auto& wish = t.as<NormParam>().out_dtype;
        t.set_output(0, wish ? *wish : t.in[0]);
        if (!wish) t.set_input(0, t.out[0]);
      })
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<NormParam>();
        run_reduce(ctx, get_kernel(p.ord == 1 ? "norm1" : "norm2"), ctx.in[0], ctx.out[0],
                   reduced_axes(p.axis, false, ctx.in[0].shape.ndim, "norm"));
      })
      .gradient([](GradientContext& g) {
        g.set(0, g.call_same("_backward_norm", {g.head(), g.input(0), g.output(0)}).at(0));
      });
}

MX_OPERATOR(_backward_norm) {
  op.describe("The gradient of norm.")
      .input("head", "The gradient of the result.")
      .input("data", "The array.")
      .input("output", "The result.")
      .params<NormParam>()
      .infer_shape([](const InferShape& s) {
        s.same(1, 0);
        if (!s.out[0].rank_known()) return;
        s.set_input(0, result_shape(s, s.out[0]));
        s.set_input(2, result_shape(s, s.out[0]));
      })
      .infer_dtype([](const InferDType& t) {
        t.set_output(0, t.in[1]);
        t.set_input(1, t.out[0]);
      })
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<NormParam>();
        const Shape& data = ctx.out[0].shape;
        const unsigned axes = reduced_axes(p.axis, false, data.ndim, "norm");
        const Tensor in[] = {keep_axes(ctx.in[0], data, axes), ctx.in[1], keep_axes(ctx.in[2], data, axes)};
        run_elementwise(get_kernel(p.ord == 1 ? "_backward_norm1" : "_backward_norm2"), in, ctx.out);
      });
}
}  // namespace mx
#endif
