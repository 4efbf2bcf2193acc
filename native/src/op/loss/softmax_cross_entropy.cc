#include "mx/op.h"

namespace mx {

MX_OPERATOR(softmax_cross_entropy) {
  op.describe("Cross-entropy of the softmax of every row with its label, summed over the rows: shape (1,).")
      .input("data", "Scores, (rows, classes).")
      .input("label", "The right classes, as numbers, (rows,).")
      .output("output", "The sum.")
      .compose([](ComposeContext& c) {
        const Value picked = c.call("pick", {c.call("log_softmax", {c.in[0]}), c.in[1]});
        c.out.push_back(c.call("negative", {c.call("sum", {picked})}));
      })
      .amp(Amp::kFloat32);
}

}  // namespace mx
