// Sums of squares.
#include "mx/op/reduce.h"

namespace mx {
namespace {
struct MultiSumSqParam {
  int32_t num_arrays = 1;
  static void fields(auto& f) {
    f.add("num_arrays", &MultiSumSqParam::num_arrays, "How many arrays there are.").range(1).required();
  }
};
}  // namespace
}  // namespace mx

namespace mx::MX_ISA {
struct SumOfSquares {
  template <class T>
  MX_XPU static T identity() {
    return T(0);
  }
  template <class T>
  MX_XPU T map(T x) const {
    return x * x;
  }
  template <class T>
  MX_XPU T combine(T a, T b) const {
    return a + b;
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(_square_sum, Reduce<SumOfSquares>, float, double)

#if defined(MX_PASS_HOST)
#include "mx/op/strided.h"

namespace mx {
MX_OPERATOR(_square_sum) {
  reduce(op).describe("The sum of the squares over axes.").gradient([](GradientContext& g) {
    const Value spread = g.call_same("_backward_sum", {g.head(), g.input(0)}).at(0);
    g.set(0, g.call("_mul_scalar", {g.call("elemwise_mul", {spread, g.input(0)})}, ScalarParam{2, false}));
  });
}
MX_OPERATOR(multi_sum_sq) {
  op.describe("The sum of the squares of each array, as float32; shape (num_arrays,).")
      .variadic("data:array_", "num_arrays", "The arrays.")
      .output("output")
      .params<MultiSumSqParam>()
      .no_gradient()
      .infer_shape([](const InferShape& s) { s.set_output(0, Shape{static_cast<int64_t>(s.in.size())}); })
      .infer_dtype([](const InferDType& t) { t.set_output(0, DType::kFloat32); })
      .portable_forward([](const OpContext& ctx) {
        for (size_t i = 0; i < ctx.in.size(); ++i) {
          const Tensor one{element_at(ctx.out[0], static_cast<int64_t>(i)), Shape{1}, DType::kFloat32};
          run_reduce(ctx, get_kernel("_square_sum"), ctx.in[i], one, ~0u);
        }
      });
}
}  // namespace mx
#endif
