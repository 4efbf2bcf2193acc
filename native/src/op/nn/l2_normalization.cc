#include "mx/op/elementwise.h"
#include "mx/op/reduce.h"

namespace mx {
namespace {

struct L2NormalizationParam {
  float eps = 1e-10f;
  enum Mode : int32_t { kChannel, kInstance, kSpatial } mode = kInstance;
  static void fields(auto& f) {
    using P = L2NormalizationParam;
    f.add("eps", &P::eps, "Added to the sum of squares.").range(0);
    f.add("mode", &P::mode,
          "What has a norm of its own: 'instance' every sample; 'channel' every position of a sample, over its "
          "channels; 'spatial' every channel of a sample.")
        .names({"channel", "instance", "spatial"});
  }
};

void compose(ComposeContext& c) {
  const auto& p = c.as<L2NormalizationParam>();
  const Value& data = c.in[0];
  ReduceParam reduce{.keepdims = true, .exclude = p.mode != L2NormalizationParam::kChannel};
  switch (p.mode) {
    case L2NormalizationParam::kChannel:
      reduce.axis = {1};
      break;
    case L2NormalizationParam::kInstance:
      reduce.axis = {0};
      break;
    case L2NormalizationParam::kSpatial:
      reduce.axis = {0, 1};
      break;
  }
  const Value sum = c.call("sum", {c.call("square", {data})}, reduce);
  const Value norm = c.call("sqrt", {c.call("_plus_scalar", {sum}, ScalarParam{p.eps, false})});
  c.out = {c.call("broadcast_div", {data, norm}), norm};
}

}  // namespace

MX_OPERATOR(L2Normalization) {
  op.describe("Divides by the Euclidean norm of each sample, of its channels at a position, or of each channel.")
      .input("data", "(batch, channels, ...).")
      .output("output", "The shape of data.")
      .output("norm", "The norms, with the axes they run over kept as 1.")
      .visible_outputs(1)
      .params<L2NormalizationParam>()
      .compose(compose)
      .amp(Amp::kFloat32);
}

}  // namespace mx
