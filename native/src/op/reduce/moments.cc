// Mean and variance.
#include "mx/op/reduce.h"

namespace mx {
namespace {
struct MomentsParam {
  std::optional<Shape> axes;
  bool keepdims = false;
  static void fields(auto& f) {
    f.add("axes", &MomentsParam::axes, "The axes to reduce; negative ones count from the end. None: all of them.");
    f.add("keepdims", &MomentsParam::keepdims, "Keep the reduced axes with size 1.");
  }
};
}  // namespace

MX_OPERATOR(moments) {
  op.describe("The mean over axes, and the variance: the mean of the squared distance from it.")
      .input("data", "The array.")
      .output("output0", "The mean.")
      .output("output1", "The variance.")
      .params<MomentsParam>()
      .compose([](ComposeContext& c) {
        const auto& p = c.as<MomentsParam>();
        const Value mean = c.call("mean", {c.in[0]}, ReduceParam{p.axes, true, false});
        const Value square = c.call("square", {c.call("broadcast_sub", {c.in[0], mean})});
        const ReduceParam over{p.axes, p.keepdims, false};
        c.out = {p.keepdims ? mean : c.call("mean", {c.in[0]}, over), c.call("mean", {square}, over)};
      });
}

}  // namespace mx
