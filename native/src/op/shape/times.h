// Products of lengths.
#pragma once
#include "mx/base/error.h"

namespace mx {

// Unknown (-1) where a factor is unknown.
inline int64_t times(int64_t a, int64_t b, std::string_view op) {
  if (a < 0 || b < 0) return -1;
  int64_t product;
  MX_CHECK(!__builtin_mul_overflow(a, b, &product), kValue, "[", op, "] an axis of ", a, " times ", b,
           " is longer than any array");
  return product;
}

}  // namespace mx
