// What the loops of BatchNorm are told. InstanceNorm runs them too.
#pragma once
#include <cstdint>
#include <initializer_list>

#include "mx/base/dtype.h"

namespace mx {

struct OpContext;

// An array as (outer, channels, inner).
struct ChannelView {
  int64_t outer, channels, inner;
};
inline constexpr int64_t kChannelBlock = 64;  // most channels of one call

// Rows of an array whose channels stand last are summed in chunks of this many, whatever the number of threads.
inline int64_t rows_of_chunk(int64_t channels) { return channels > 1 << 15 ? 1 : (1 << 15) / channels; }

// Runs one of the loops over all channels, in parallel.
void run_channels(const char* loop, const ChannelView& view, DType dtype, std::initializer_list<const void*> in,
                  std::initializer_list<void*> out, int mode = 0);

// The same for rows of channels (inner == 1): all pointers are arrays of one dtype, those by channel as long as a row.
void row_moments(const OpContext& context, const ChannelView& view, DType dtype, const void* data, void* mean,
                 void* variance);
// out = (data - mean) * scale + shift
void row_apply(const ChannelView& view, DType dtype, const void* data, const void* mean, const void* scale,
               const void* shift, void* out);
// Null results are not wanted; gamma null: 1. of_batch: mean and deviation depend on data.
struct RowGradients {
  const void *head, *data, *mean, *inverse, *gamma;
  void *dx, *dgamma, *dbeta;
  bool of_batch;
};
void row_backward(const OpContext& context, const ChannelView& view, DType dtype, const RowGradients& gradients);

}  // namespace mx
