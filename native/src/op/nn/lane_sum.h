// Sums within a loop that do not depend on the instruction set.
#pragma once
#include <cstdint>

#include "mx/loop.h"

#if defined(MX_ISA)
namespace mx::MX_ISA {

// The sum of f(j) over 0..n-1, in sixteen lanes, which the compiler keeps in registers; long rows in pieces, so that
// float32 loses nothing.
template <class T, class F>
MX_INLINE double lane_sum(int64_t n, F f) {
  constexpr int kLanes = 16;
  constexpr int64_t kPiece = 4096;
  double total = 0;
  for (int64_t from = 0; from < n; from += kPiece) {
    const int64_t to = n - from < kPiece ? n : from + kPiece;
    T lanes[kLanes] = {};
    int64_t j = from;
    for (; j + kLanes <= to; j += kLanes)
      for (int k = 0; k < kLanes; ++k) lanes[k] += f(j + k);
    for (int k = 0; j < to; ++j, ++k) lanes[k] += f(j);
    for (int k = 0; k < kLanes; ++k) total += double(lanes[k]);
  }
  return total;
}

}  // namespace mx::MX_ISA
#endif
