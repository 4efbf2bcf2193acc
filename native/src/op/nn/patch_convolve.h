// Convolutions of images whose channels are no whole vectors, which oneDNN's loops count on, in float32: products of
// matrices over patches of the image, which are read where they lie.
#pragma once
#include <optional>

#include "op/nn/convolve.h"

namespace mx {

// Is this way the faster one for the convolution, and for the gradient of its data? Then both arrays lie channels-last.
bool suits_patches(const Convolve& c);
bool suits_data_patches(const Convolve& c);

// Elements of the weights as patches() wants them, and how they get there; `weight` is in the order of the operator.
int64_t packed_patch_weights(const Convolve& c);
void pack_patch_weights(const Convolve& c, const float* weight, float* packed);

// y = activation(x * w + bias [+ y]).
struct PatchEpilogue {
  const float* bias = nullptr;
  bool add = false;
  std::optional<ActivationParam::Type> activation = {};
};
void convolve_patches(const OpContext& context, const Convolve& c, const float* x, const float* packed,
                      const PatchEpilogue& epilogue, float* y);
void convolve_data_patches(const OpContext& context, const Convolve& c, const float* dy, const float* w, float* dx);

}  // namespace mx
