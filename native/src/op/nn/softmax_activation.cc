#include "mx/attrs.h"
#include "mx/op.h"

namespace mx {
namespace {

struct SoftmaxActivationParam {
  enum Mode : int32_t { kChannel, kInstance } mode = kInstance;
  static void fields(auto& f) {
    f.add("mode", &SoftmaxActivationParam::mode,
          "'instance': over all axes but the first together; 'channel': over axis 1, for every position of the others.")
        .names({"channel", "instance"});
  }
};

void compose(ComposeContext& c) {
  const Value& data = c.in[0];
  if (c.as<SoftmaxActivationParam>().mode == SoftmaxActivationParam::kInstance) {
    const Value flat = c.call("softmax", {c.call("Flatten", {data})});
    return c.out.push_back(c.call("reshape_like", {flat, data}));
  }
  const OpDef& softmax = get_op("softmax");
  c.out = c.builder.invoke(softmax, {&data, 1}, Params::parse(softmax.param_struct(), {{"axis", "1"}}, softmax.name));
}

}  // namespace

MX_OPERATOR(SoftmaxActivation) {
  op.describe("Softmax over each sample, or over its channels. New networks use softmax, which takes any axis.")
      .input("data", "Any shape of at least two dimensions.")
      .output("output", "Probabilities, of the shape of data.")
      .params<SoftmaxActivationParam>()
      .compose(compose)
      .amp(Amp::kFloat32);
}

}  // namespace mx
