// Scaling before the softmax of an attention.
#include <cmath>

#include "mx/op/elementwise.h"

namespace mx {
MX_OPERATOR(_contrib_div_sqrt_dim) {
  op.input("data", "The array.")
      .infer_shape(same_shape)
      .inplace(0, 0)
      .describe("The array divided by the square root of the length of its last axis.")
      .portable_forward([](const OpContext& ctx) {
        const Shape& shape = ctx.in[0].shape;
        MX_CHECK(shape.ndim > 0, kValue, "[_contrib_div_sqrt_dim] data of shape () has no last axis");
        double root = std::sqrt(static_cast<double>(shape[shape.ndim - 1]));
        const Tensor in[] = {ctx.in[0], {&root, Shape{1}, DType::kFloat64}};
        run_elementwise(get_kernel("divide"), in, ctx.out);
      })
      .gradient([](GradientContext& g) { g.set(0, g.call("_contrib_div_sqrt_dim", {g.head()})); });
}
}  // namespace mx
