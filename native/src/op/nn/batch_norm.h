// What the loops of BatchNorm are told. InstanceNorm runs them too.
#pragma once
#include <cstdint>
#include <initializer_list>

#include "mx/base/dtype.h"

namespace mx {

// An array as (outer, channels, inner).
struct ChannelView {
  int64_t outer, channels, inner;
};
inline constexpr int64_t kChannelBlock = 64;  // most channels of one call

// Runs one of the loops over all channels, in parallel.
void run_channels(const char* loop, const ChannelView& view, DType dtype, std::initializer_list<const void*> in,
                  std::initializer_list<void*> out, int mode = 0);

}  // namespace mx
