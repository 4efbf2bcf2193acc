// How outputs that are streamed are divided between threads.
#pragma once
#include <algorithm>

#include "engine/threads.h"

namespace mx {
// Bytes of an output of so many that one thread writes in a row. Within its task it fetches ahead what it reads next,
// at the border it has to wait: tasks are as large as it takes to keep all threads busy to the end.
inline int64_t streamed_task(int64_t bytes) {
  return std::clamp(bytes / (8 * engine::num_threads()), int64_t{1} << 19, int64_t{1} << 22);
}
}  // namespace mx
