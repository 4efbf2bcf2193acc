// What the loops of BatchNorm are told.
#pragma once
#include <cstdint>

namespace mx {

// An array as (outer, channels, inner).
struct ChannelView {
  int64_t outer, channels, inner;
};
inline constexpr int64_t kChannelBlock = 64;  // most channels of one call

}  // namespace mx
