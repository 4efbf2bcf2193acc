// Geometry shared by convolution and pooling: layouts, and windows that move over one to three spatial axes.
#pragma once
#include "mx/opdef.h"

namespace mx {

enum class Layout : int32_t { kNCDHW, kNCHW, kNCW, kNDHWC, kNHWC, kNWC };

inline bool channels_last(Layout layout) { return layout >= Layout::kNDHWC; }
int spatial_rank(Layout layout);
const char* name_of(Layout layout);

// What the parameters say; empty shapes give the defaults.
struct Window {
  int rank;
  bool last;  // channels stand last
  int64_t kernel[3], stride[3], dilate[3], pad[3];

  // Raises kValue where the ranks of the parameters differ from that of the kernel, or a value makes no sense.
  Window(const OpDef& op, const Shape& kernel, const Shape& stride, const Shape& dilate, const Shape& pad,
         const std::optional<Layout>& layout);
  int channel_axis() const { return last ? rank + 1 : 1; }
  int spatial_axis(int i) const { return (last ? 1 : 2) + i; }
  int64_t extent(int i) const { return dilate[i] * (kernel[i] - 1) + 1; }  // of the dilated kernel
  // Raises kValue unless data is (batch, channels, spatial...) of the right rank.
  void check_rank(const OpDef& op, const Shape& data) const;
};

}  // namespace mx
