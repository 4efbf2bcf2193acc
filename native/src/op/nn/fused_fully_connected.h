// FullyConnected with the activation that follows it, as one operator for inference. Graphs get it by fusion only.
#pragma once
#include "op/nn/activate.h"
#include "op/nn/fully_connected_param.h"

namespace mx {

struct FusedFullyConnectedParam {
  FullyConnectedParam linear;
  std::optional<ActivationParam::Type> activation = {};

  static void fields(auto&) {}  // never written to files
};

}  // namespace mx
