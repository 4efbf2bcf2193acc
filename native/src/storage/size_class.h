// The sizes in which pools keep blocks.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>

namespace mx::storage {

// Four size classes a doubling, from `smallest` (a power of two) on: at most a fifth of a block is wasted, and blocks
// find new users.
constexpr size_t size_class(size_t bytes, size_t smallest) {
  if (bytes <= smallest) return smallest;
  const size_t step = std::max(std::bit_floor(bytes - 1) / 4, smallest);
  return (bytes + step - 1) / step * step;
}

}  // namespace mx::storage
