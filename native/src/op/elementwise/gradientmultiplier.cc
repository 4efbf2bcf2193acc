// Identities whose gradient is another one.
#include "mx/op/elementwise.h"
#include "mx/op/strided.h"

namespace mx {

MX_OPERATOR(_contrib_gradientmultiplier) {
  op.input("data", "The array.")
      .params<ScalarParam>()
      .infer_shape(same_shape)
      .inplace(0, 0)
      .any_format()
      .portable_forward(forward_copy)
      .describe("The array itself; its gradient is multiplied by a number, such as -1 to reverse it.")
      .gradient([](GradientContext& g) { g.set(0, g.call("_mul_scalar", {g.head()}, g.as<ScalarParam>())); });
}
MX_OPERATOR(_contrib_round_ste) {
  unary(op, "round")
      .alias("_sparse__contrib_round_ste")
      .describe("round, with the gradient of the identity: the straight-through estimator.")
      .gradient([](GradientContext& g) { g.set(0, g.head()); });
}
MX_OPERATOR(_contrib_sign_ste) {
  unary(op, "sign")
      .alias("_sparse__contrib_sign_ste")
      .describe("sign, with the gradient of the identity: the straight-through estimator.")
      .gradient([](GradientContext& g) { g.set(0, g.head()); });
}

}  // namespace mx
