#include <doctest/doctest.h>

#include "executor/memory.h"

using namespace mx;

TEST_CASE("memory comes free after the last use and is taken again") {
  // 0 -> 1 -> 2 -> 3: two blocks are enough.
  const std::vector<MemoryStep> steps = {{{}, {0}, {}}, {{0}, {1}, {}}, {{1}, {2}, {}}, {{2}, {3}, {}}};
  const std::vector<size_t> bytes = {100, 100, 100, 100};
  const MemoryPlan plan = plan_memory(steps, bytes, Reuse::kWithinPass);
  CHECK(plan.total == 256);
  CHECK(plan.offsets[0] == plan.offsets[2]);
  CHECK(plan.offsets[1] == plan.offsets[3]);
  CHECK(plan_memory(steps, bytes, Reuse::kNothing).total == 512);
}

TEST_CASE("an output takes over the input only at its last use, and only if every reader agrees") {
  const std::vector<size_t> bytes = {64, 64, 64};
  CHECK(plan_memory({{{}, {0}, {}}, {{0}, {1}, {{0, 0}}}}, bytes, Reuse::kWithinPass).in_place == 1);
  CHECK(plan_memory({{{}, {0}, {}}, {{0}, {1}, {{0, 0}}}, {{0, 1}, {2}, {}}}, bytes, Reuse::kWithinPass).in_place == 0);
  CHECK(plan_memory({{{}, {0}, {}}, {{0, 0}, {1}, {{0, 0}}}}, bytes, Reuse::kWithinPass).in_place == 0);
  CHECK(plan_memory({{{}, {0}, {}}, {{0, 0}, {1}, {{0, 0}, {1, 0}}}}, bytes, Reuse::kWithinPass).in_place == 1);
  CHECK(plan_memory({{{}, {0}, {}}, {{0}, {1}, {{0, 0}}}}, {64, 128}, Reuse::kWithinPass).in_place == 0);
}

TEST_CASE("what the backward steps read is never overwritten") {
  const std::vector<MemoryStep> steps = {
      {{}, {0}, {}, false}, {{0}, {1}, {}, false}, {{0}, {2}, {{0, 0}}, true}, {{2}, {3}, {}, true}};
  const MemoryPlan plan = plan_memory(steps, {64, 64, 64, 64}, Reuse::kWithinPass);
  CHECK(plan.offsets[2] != plan.offsets[0]);
  CHECK(plan.offsets[3] != plan.offsets[0]);
  CHECK(plan.offsets[2] == plan.offsets[1]);  // a forward result that no backward step reads comes free
}

TEST_CASE("backward steps may overwrite what they are the last to read") {
  const std::vector<MemoryStep> steps = {
      {{}, {0}, {}, false}, {{0}, {1}, {}, false}, {{0}, {2}, {{0, 0}}, true}, {{1, 2}, {3}, {}, true}};
  const MemoryPlan plan = plan_memory(steps, {64, 64, 64, 64}, Reuse::kAll);
  CHECK(plan.offsets[2] == plan.offsets[0]);
  CHECK(plan.total == 192);
}

TEST_CASE("inputs that are not looked at need no memory") {
  const MemoryPlan plan = plan_memory({{{}, {0}, {}}, {{0}, {1}, {}}, {{-1, 1}, {2}, {}}}, {64, 64, 64}, Reuse::kAll);
  CHECK(plan.offsets[2] == plan.offsets[0]);
}

TEST_CASE("neighbouring holes join, and the last one grows") {
  // Two small blocks are freed, then one of twice the size fits into their place.
  const std::vector<MemoryStep> steps = {{{}, {0, 1}, {}}, {{0, 1}, {2}, {}}, {{2}, {3}, {}}};
  const MemoryPlan plan = plan_memory(steps, {64, 64, 64, 128}, Reuse::kWithinPass);
  CHECK(plan.offsets[3] == 0);
  CHECK(plan.total == 192);
}

TEST_CASE("entries of several arenas never share memory") {
  const std::vector<MemoryStep> steps = {
      {{}, {0}, {}}, {{0}, {1}, {{0, 0}}}, {{1}, {2}, {{0, 0}}}, {{2}, {3}, {}}, {{3}, {4}, {}}};
  const std::vector<size_t> bytes = {64, 64, 64, 0, 128};
  const MemoryPlan plan = plan_memory(steps, bytes, Reuse::kAll, {0, 1, 1, 0, 1});
  CHECK(plan.totals == std::vector<size_t>{64, 128});
  CHECK(plan.total == 192);
  CHECK(plan.in_place == 1);  // 2 takes over 1, but 1 not 0
  CHECK(plan.offsets[2] == plan.offsets[1]);
  CHECK(plan.offsets[3] == MemoryPlan::kNowhere);
  CHECK(plan_memory(steps, bytes, Reuse::kAll).in_place == 2);
}
