// Activations that a oneDNN primitive applies to its result.
#pragma once
#include "op/nn/activate.h"
#include "op/onednn/onednn.h"

namespace mx {

inline bool can_fuse(ActivationParam::Type type) { return type != ActivationParam::kSoftsign; }

inline void append_activation(dnnl::post_ops& ops, ActivationParam::Type type) {
  using dnnl::algorithm;
  static constexpr algorithm kAlgorithms[] = {algorithm::eltwise_relu, algorithm::eltwise_logistic,
                                              algorithm::eltwise_soft_relu, algorithm::undef, algorithm::eltwise_tanh};
  // The slope below zero of relu; the sharpness of softrelu.
  ops.append_eltwise(kAlgorithms[type], type == ActivationParam::kSoftrelu ? 1.0f : 0.0f, 0.0f);
}

}  // namespace mx
