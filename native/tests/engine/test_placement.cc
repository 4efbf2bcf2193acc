#include <doctest/doctest.h>
#include <sched.h>

#include <atomic>
#include <thread>

#include "engine/clock.h"
#include "engine/threads.h"

using namespace mx;

namespace {
// On each of the two threads.
template <class F>
void together(const F& fn) {
  std::atomic<int> arrived{0};
  engine::parallel_for(2, 1, [&](int64_t i, int64_t) {
    for (++arrived; arrived < 2;) sched_yield();
    fn(i);
  });
}

bool move_apart(const cpu_set_t& usable) {
  cpu_set_t first;
  CPU_ZERO(&first);
  for (int i = 0; CPU_COUNT(&first) == 0; ++i)
    if (CPU_ISSET(i, &usable)) CPU_SET(i, &first);
  together([&](int64_t) {
    sched_setaffinity(0, sizeof first, &first);
    for (const int64_t end = engine::coarse_milliseconds() + 20; engine::coarse_milliseconds() < end;) sched_yield();
    sched_setaffinity(0, sizeof usable, &usable);
  });
  int at[2];
  together([&](int64_t i) { at[i] = sched_getcpu(); });
  return at[0] != at[1];
}
}  // namespace

TEST_CASE("threads of a team that share a processor are moved apart") {
  cpu_set_t usable;
  REQUIRE(sched_getaffinity(0, sizeof usable, &usable) == 0);
  if (CPU_COUNT(&usable) < 2) {
    MESSAGE("skipped: this process has one processor");
    return;
  }
  const int before = engine::num_threads();
  engine::set_num_threads(2);
  int apart = 0;
  for (int i = 0; i < 20; ++i) std::thread([&] { apart += move_apart(usable); }).join();
  CHECK(apart >= 10);  // other programs may need the processors, too
  engine::set_num_threads(before);
}
