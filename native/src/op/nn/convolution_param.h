// The parameters of Convolution, for the operators that contain one, and what Deconvolution has in common with it.
#pragma once
#include "op/nn/convolve.h"

namespace mx {

struct FilterParam {
  int32_t num_filter = 0, num_group = 1;
  int64_t workspace = 1024;
  bool no_bias = false;
  enum Tune : int32_t { kFastest, kLimitedWorkspace, kOff };
  std::optional<Tune> cudnn_tune;
  bool cudnn_off = false;
  std::optional<Layout> layout;

  // P is the operator's struct.
  template <class P>
  static void filter_fields(auto& f) {
    f.template add<int32_t>("num_filter", &P::num_filter, "Number of output channels.").required().range(1);
    f.template add<int32_t>("num_group", &P::num_group, "Groups of channels that are computed apart.").range(1);
    f.template add<int64_t>("workspace", &P::workspace, "No effect.").range(0);
    f.template add<bool>("no_bias", &P::no_bias, "Whether to leave the bias out.");
    f.template add<std::optional<Tune>>("cudnn_tune", &P::cudnn_tune, "No effect.")
        .names({"fastest", "limited_workspace", "off"});
    f.template add<bool>("cudnn_off", &P::cudnn_off, "No effect.");
    f.template add<std::optional<Layout>>("layout", &P::layout, "Order of the axes; None is NCW, NCHW or NCDHW.")
        .names({"NCDHW", "NCHW", "NCW", "NDHWC", "NHWC"});
  }
};

struct ConvolutionParam : FilterParam {
  Shape kernel, stride = Shape::scalar(), dilate = Shape::scalar(), pad = Shape::scalar();
  static void fields(auto& f) {
    using P = ConvolutionParam;
    f.add("kernel", &P::kernel, "Size of the window: (w,), (h, w) or (d, h, w).").required();
    f.add("stride", &P::stride, "Steps of the window; 1 by default.");
    f.add("dilate", &P::dilate, "Distance of the elements under the window; 1 by default.");
    f.add("pad", &P::pad, "Zeros added on both sides of each spatial axis; none by default.");
    filter_fields<P>(f);
  }
  Window window(const OpDef& op) const { return {op, kernel, stride, dilate, pad, layout}; }
};

}  // namespace mx
