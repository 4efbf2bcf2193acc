// Where an element lies, from its number: kernels take the axes one after the other, the last first.
#pragma once
#include "mx/loop.h"

namespace mx {

// The place along an axis of that size; `rest` becomes the number among the axes before. N: holds the number.
template <class N>
MX_XPU int64_t take_axis(N& rest, int64_t size) {
  const N above = rest / N(size), place = rest - above * N(size);
  rest = above;
  return int64_t(place);
}

}  // namespace mx
