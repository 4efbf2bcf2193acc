#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "engine/clock.h"
#include "engine/placement.h"
#include "engine/threads.h"

using namespace mx;
using Processors = std::vector<int>;

namespace {
cpu_set_t processors(std::initializer_list<int> numbers) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int i : numbers) CPU_SET(i, &set);
  return set;
}

// On each of two threads.
template <class F>
void together(const F& fn) {
  std::atomic<int> arrived{0};
  engine::parallel_for(2, 1, [&](int64_t, int64_t) {
    for (++arrived; arrived < 2;) sched_yield();
    fn();
  });
}
}  // namespace

TEST_CASE("threads that share a processor move to those that have none") {
  const auto move = [](Processors at, std::initializer_list<int> usable) {
    return engine::destinations(at, processors(usable));
  };
  CHECK(move({0, 0}, {0, 1}) == Processors{-1, 1});
  CHECK(move({1, 1}, {0, 1}) == Processors{-1, 0});
  CHECK(move({0, 1}, {0, 1}) == Processors{-1, -1});
  CHECK(move({5, 2, 5, 2, 5}, {2, 3, 5, 9}) == Processors{-1, -1, 3, 9, -1});
  CHECK(move({0, 0}, {0}) == Processors{-1, -1});
  CHECK(move({-1, -1}, {0, 1}) == Processors{-1, -1});
  CHECK(move({CPU_SETSIZE - 2, CPU_SETSIZE - 2}, {CPU_SETSIZE - 2, CPU_SETSIZE - 1}) ==
        Processors{-1, CPU_SETSIZE - 1});
}

TEST_CASE("threads that were moved may run where they might before") {
  cpu_set_t usable;
  REQUIRE(sched_getaffinity(0, sizeof usable, &usable) == 0);
  int first = 0;
  while (!CPU_ISSET(first, &usable)) ++first;
  const int before = engine::num_threads();
  engine::set_num_threads(2);
  std::atomic<int> changed{0};
  std::thread([&] {  // what this thread did before does not matter to when it looks again
    together([&] {
      const cpu_set_t one = processors({first});
      sched_setaffinity(0, sizeof one, &one);
      for (const int64_t end = engine::coarse_milliseconds() + 20; engine::coarse_milliseconds() < end;) sched_yield();
      sched_setaffinity(0, sizeof usable, &usable);
    });
    together([&] {
      cpu_set_t now;
      if (sched_getaffinity(0, sizeof now, &now) != 0 || !CPU_EQUAL(&now, &usable)) ++changed;
    });
  })
      .join();
  CHECK(changed == 0);
  engine::set_num_threads(before);
}
