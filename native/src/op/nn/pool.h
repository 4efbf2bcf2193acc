// What the loops of Pooling are told.
#pragma once
#include <cstdint>

namespace mx {

enum class PoolType : int32_t { kAvg, kLp, kMax, kSum };

// Always three spatial axes; missing ones have size 1 and come first.
struct PoolGeometry {
  PoolType type;
  int32_t p;         // of the Lp norm: 1, 2 or 3
  bool include_pad;  // an average counts the padding
  int64_t outer;     // planes: samples, times channels unless those stand last
  int64_t inner;     // neighbours with the same position: channels that stand last, else 1
  int64_t size[3] = {1, 1, 1}, out[3] = {1, 1, 1}, kernel[3] = {1, 1, 1}, stride[3] = {1, 1, 1}, pad[3] = {0, 0, 0};
};

}  // namespace mx
