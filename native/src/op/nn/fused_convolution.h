// Convolution with what follows it, as one operator for inference. Graphs get it by fusion only.
#pragma once
#include "op/nn/batch_norm_param.h"
#include "op/nn/convolution_param.h"

namespace mx {

// Inputs: data, [addend,] weight, [bias,] [gamma, beta, moving_mean, moving_var]. The addend has the output's shape; it
// is added after the normalization and before the activation.
struct FusedConvolutionParam {
  ConvolutionParam convolution;
  std::optional<BatchNormParam> batch_norm = {};
  bool add = false;
  std::optional<ActivationParam::Type> activation = {};

  static void fields(auto&) {}  // never written to files
  size_t weight() const { return add ? 2 : 1; }
  size_t bias() const { return weight() + 1; }  // where there is one
  size_t gamma() const { return weight() + (convolution.no_bias ? 1 : 2); }
  int num_inputs() const { return static_cast<int>(gamma()) + (batch_norm ? 4 : 0); }
};

}  // namespace mx
