// Where the intermediate results of a plan live: offsets in an arena, shared by results that are not needed together.
#pragma once
#include <cstddef>
#include <utility>
#include <vector>

namespace mx {

struct MemoryStep {
  std::vector<int> in, out;  // entry numbers; an entry that the arena doesn't hold has 0 bytes. -1: not looked at
  std::vector<std::pair<int, int>>
      in_place;  // (position in `in`, position in `out`): the output may overwrite the input
  bool backward = false;
};

struct MemoryPlan {
  static constexpr size_t kNowhere = static_cast<size_t>(-1);
  std::vector<size_t> offsets;  // by entry
  std::vector<size_t> totals;   // bytes of each arena
  size_t total = 0;             // of all of them
  size_t wanted = 0;            // without any sharing
  int in_place = 0;             // outputs that took over the memory of an input
};

enum class Reuse {
  kNothing,     // every entry has memory of its own
  kWithinPass,  // what forward steps leave for backward steps is never overwritten: these may run several times
  kAll
};

// Steps run in order, first those that are not `backward`. `arenas`: the number of the one that holds each entry;
// empty: there is one.
MemoryPlan plan_memory(const std::vector<MemoryStep>& steps, const std::vector<size_t>& bytes, Reuse reuse,
                       const std::vector<int>& arenas = {});

}  // namespace mx
