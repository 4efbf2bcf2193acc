// Patches of an image as the columns of a matrix, for convolutions in float64.
#pragma once
#include "op/nn/window.h"

namespace mx {

// One group of one sample.
struct Patches {
  const Window& window;
  int64_t channels;                   // of the group
  int64_t size[3], out[3];            // of the spatial axes of the image, and of the windows' positions
  int64_t channel_stride, stride[3];  // in the image, in elements

  int64_t rows() const;                                         // channels * kernel
  int64_t columns() const;                                      // positions
  void gather(const double* image, double* matrix) const;       // padding reads as zero
  void scatter_add(const double* matrix, double* image) const;  // the transpose of gather
};

}  // namespace mx
