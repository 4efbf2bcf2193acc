#pragma once
#include <time.h>

#include <cstdint>

namespace mx::engine {

// Since some moment. Steps of a few milliseconds, and cheap.
inline int64_t coarse_milliseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

}  // namespace mx::engine
