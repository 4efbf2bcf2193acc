// Factors of one matrix on several threads, by panels of its rows.
#pragma once
#include <algorithm>

#include "engine/threads.h"

namespace mx {

// A good number of rows for panels of n rows.
inline int64_t panel_size(int64_t n) { return n < 1024 ? 64 : 128; }

// Whether factors of n rows are worth waking threads for. Each panel wakes them again, and waits for
// all: below a few milliseconds in all that gives little, and costs much where a processor has other work.
inline bool worth_dividing(int64_t n) { return n >= 768; }

// factor(first, rows) for every panel of `size` rows, from the first on, and between two of them
// update(panel, first, rows) for the rows after, a panel's worth at a time, which threads take as they get to them
// where the work is `divided`. The next panel is factored as soon as it is up to date, while others still are not. Ends
// where `factor` returns something else than 0, and returns that.
template <class Factor, class Update>
int factor_by_panels(int64_t n, int64_t size, bool divided, Factor factor, Update update) {
  int failed = factor(0, std::min(size, n));
  for (int64_t panel = 0; panel + size < n && failed == 0; panel += size) {
    const int64_t strips = (n - panel - 1) / size;
    engine::parallel_for(strips, divided ? 1 : strips, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t first = panel + (i + 1) * size, rows = std::min(size, n - first);
        update(panel, first, rows);
        if (i == 0) failed = factor(first, rows);
      }
    });
  }
  return failed;
}

}  // namespace mx
