// What the kernels of BatchNorm on devices are told.
#pragma once
#include "op/nn/batch_norm.h"

namespace mx {

struct BatchNormStep {
  ChannelView view;
  double eps = 0;
  float momentum = 0;
  bool of_batch = false;  // the statistics are those of the batch
};

}  // namespace mx
