#include "executor/memory.h"

#include <algorithm>
#include <map>

namespace mx {
namespace {

constexpr size_t kAlignment = 64;
size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// Free stretches of the arena, joined with their neighbours; the smallest that suffices is taken.
class FreeList {
 public:
  size_t take(size_t size) {
    auto best = free_.end();
    for (auto it = free_.begin(); it != free_.end(); ++it)
      if (it->second >= size && (best == free_.end() || it->second < best->second)) best = it;
    if (best == free_.end()) {
      size_t start = end_;
      if (!free_.empty()) {
        const auto last = std::prev(free_.end());
        if (last->first + last->second == end_) start = last->first, free_.erase(last);
      }
      end_ = start + size;
      return start;
    }
    const auto [start, length] = *best;
    free_.erase(best);
    if (length > size) free_.emplace(start + size, length - size);
    return start;
  }

  void give(size_t start, size_t size) {
    auto next = free_.lower_bound(start);
    if (next != free_.end() && start + size == next->first) size += next->second, next = free_.erase(next);
    if (next != free_.begin()) {
      const auto before = std::prev(next);
      if (before->first + before->second == start) {
        before->second += size;
        return;
      }
    }
    free_.emplace(start, size);
  }

  size_t end() const { return end_; }

 private:
  std::map<size_t, size_t> free_;
  size_t end_ = 0;
};

class Planner {
 public:
  Planner(const std::vector<MemoryStep>& steps, const std::vector<size_t>& bytes, Reuse reuse)
      : steps_(steps), bytes_(bytes), reuse_(reuse), uses_(bytes.size()), kept_(bytes.size()), forward_(bytes.size()) {
    plan_.offsets.assign(bytes.size(), MemoryPlan::kNowhere);
    for (const MemoryStep& step : steps) {
      for (const int entry : step.out)
        if (entry >= 0) forward_[entry] = !step.backward;
      for (const int entry : step.in) {
        if (entry < 0) continue;
        ++uses_[entry];
        if (step.backward && forward_[entry] && reuse != Reuse::kAll) kept_[entry] = true;
      }
    }
  }

  MemoryPlan run() {
    for (const MemoryStep& step : steps_) {
      std::vector<int> taken_over;  // inputs whose memory an output has now
      for (size_t o = 0; o < step.out.size(); ++o) {
        const int entry = step.out[o];
        if (!in_arena(entry)) continue;
        plan_.wanted += aligned(bytes_[entry]);
        const int input = in_place_input(step, static_cast<int>(o), taken_over);
        if (input >= 0) {
          plan_.offsets[entry] = plan_.offsets[input];
          taken_over.push_back(input);
          ++plan_.in_place;
        } else {
          plan_.offsets[entry] = free_.take(aligned(bytes_[entry]));
        }
      }
      for (const int entry : step.in)
        if (in_arena(entry) && --uses_[entry] == 0 &&
            std::find(taken_over.begin(), taken_over.end(), entry) == taken_over.end())
          release(entry);
      for (const int entry : step.out)
        if (in_arena(entry) && uses_[entry] == 0) release(entry);
    }
    plan_.total = free_.end();
    plan_.totals = {plan_.total};
    return std::move(plan_);
  }

 private:
  bool in_arena(int entry) const { return entry >= 0 && bytes_[entry] > 0; }

  void release(int entry) {
    if (reuse_ != Reuse::kNothing && !kept_[entry]) free_.give(plan_.offsets[entry], aligned(bytes_[entry]));
  }

  // The input whose memory output o may take, or -1: its last use is here, and no other position reads it unless that
  // one may be overwritten too.
  int in_place_input(const MemoryStep& step, int o, const std::vector<int>& taken_over) const {
    if (reuse_ == Reuse::kNothing) return -1;
    const auto allowed = [&](int position) {
      return std::find(step.in_place.begin(), step.in_place.end(), std::pair(position, o)) != step.in_place.end();
    };
    for (const auto& [position, output] : step.in_place) {
      if (output != o || position >= static_cast<int>(step.in.size())) continue;
      const int entry = step.in[position];
      if (!in_arena(entry) || kept_[entry] || bytes_[entry] != bytes_[step.out[o]]) continue;
      if (std::find(taken_over.begin(), taken_over.end(), entry) != taken_over.end()) continue;
      int here = 0;
      bool all_allowed = true;
      for (size_t i = 0; i < step.in.size(); ++i)
        if (step.in[i] == entry) ++here, all_allowed = all_allowed && allowed(static_cast<int>(i));
      if (all_allowed && uses_[entry] == here) return entry;
    }
    return -1;
  }

  const std::vector<MemoryStep>& steps_;
  const std::vector<size_t>& bytes_;
  Reuse reuse_;
  std::vector<int> uses_;      // still to come
  std::vector<bool> kept_;     // for the backward steps, however often they run
  std::vector<bool> forward_;  // made by a forward step
  FreeList free_;
  MemoryPlan plan_;
};

}  // namespace

MemoryPlan plan_memory(const std::vector<MemoryStep>& steps, const std::vector<size_t>& bytes, Reuse reuse,
                       const std::vector<int>& arenas) {
  const int last = arenas.empty() ? 0 : *std::max_element(arenas.begin(), arenas.end());
  if (last == 0) return Planner(steps, bytes, reuse).run();
  MemoryPlan all;
  all.offsets.assign(bytes.size(), MemoryPlan::kNowhere);
  for (int arena = 0; arena <= last; ++arena) {
    std::vector<size_t> here = bytes;
    for (size_t entry = 0; entry < here.size(); ++entry)
      if (arenas[entry] != arena) here[entry] = 0;
    const MemoryPlan part = Planner(steps, here, reuse).run();
    for (size_t entry = 0; entry < here.size(); ++entry)
      if (here[entry]) all.offsets[entry] = part.offsets[entry];
    all.totals.push_back(part.total);
    all.total += part.total, all.wanted += part.wanted, all.in_place += part.in_place;
  }
  return all;
}

}  // namespace mx
