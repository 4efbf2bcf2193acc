#include <doctest/doctest.h>

#include "engine/threads.h"

using namespace mx;

namespace {
struct Threads {
  explicit Threads(int count) : before(engine::num_threads()) { engine::set_num_threads(count); }
  ~Threads() { engine::set_num_threads(before); }
  int before;
};
}  // namespace

TEST_CASE("no team works for little") {
  const Threads scope(2);
  const int64_t before = engine::count_teams();
  engine::parallel_for(100, 100, [](int64_t, int64_t) {});
  CHECK(engine::count_teams() == before);
  engine::parallel_for(101, 100, [](int64_t, int64_t) {});
  CHECK(engine::count_teams() == before + 1);

  CHECK(engine::worthwhile_threads({}) == 1);
  CHECK(engine::worthwhile_threads({.flops = 2.0 * 64 * 64 * 64}) == 1);
  CHECK(engine::worthwhile_threads({.flops = 2.0 * 256 * 256 * 256}) > 8);
  CHECK(engine::worthwhile_threads({.bytes = 1e9}) > 1000);
  CHECK(engine::enter_parallel_code(1) == 1);
  CHECK(engine::enter_parallel_code(5) == 2);
}
