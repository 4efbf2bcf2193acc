// Operators of sparse arithmetic that leave out what is not stored. All elements of a dense array are stored.
#include "mx/op/elementwise.h"

namespace mx {

MX_OPERATOR(_scatter_plus_scalar) {
  scalar_binary(op, "add").describe("data + scalar, for the stored elements.").gradient([](GradientContext& g) {
    g.set(0, g.head());
  });
}
MX_OPERATOR(_scatter_minus_scalar) {
  scalar_binary(op, "subtract").describe("data - scalar, for the stored elements.").gradient([](GradientContext& g) {
    g.set(0, g.head());
  });
}
MX_OPERATOR(_scatter_elemwise_div) {
  binary(op, "divide").describe("lhs / rhs, for the stored elements of lhs.").gradient([](GradientContext& g) {
    const Value by_lhs = g.call("elemwise_div", {g.head(), g.input(1)});
    g.set(0, by_lhs);
    if (g.wants(1)) g.set(1, g.call("negative", {g.call("elemwise_mul", {by_lhs, g.output(0)})}));
  });
}

}  // namespace mx
