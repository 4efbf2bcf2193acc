// Threads of a team spin while they wait for each other. Two on one processor then take milliseconds for what takes
// microseconds, and Linux leaves them so while some other program has the other processor (docs/internals/threads.md).
#include "engine/placement.h"

#include <omp.h>
#include <sched.h>

#include <algorithm>

#include "engine/clock.h"

namespace mx::engine {
namespace {

// The system is free to move the thread again.
void move_to(int processor) {
  cpu_set_t usable, one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  if (sched_getaffinity(0, sizeof usable, &usable) == 0 && sched_setaffinity(0, sizeof one, &one) == 0)
    sched_setaffinity(0, sizeof usable, &usable);
}

// Returns whether threads shared a processor.
bool spread(int count) {
  std::vector<int> at(static_cast<size_t>(count), -1);
#pragma omp parallel num_threads(count)
  at[static_cast<size_t>(omp_get_thread_num())] = sched_getcpu();
  cpu_set_t usable;
  if (sched_getaffinity(0, sizeof usable, &usable) != 0) return false;  // more processors than a cpu_set_t holds
  const std::vector<int> to = destinations(at, usable);
  if (std::ranges::all_of(to, [](int processor) { return processor < 0; })) return false;
#pragma omp parallel num_threads(count)
  if (const int processor = to[static_cast<size_t>(omp_get_thread_num())]; processor >= 0) move_to(processor);
  return true;
}

}  // namespace

std::vector<int> destinations(std::span<const int> at, const cpu_set_t& usable) {
  cpu_set_t taken, unused = usable;
  CPU_ZERO(&taken);
  for (const int processor : at)
    if (processor >= 0) CPU_CLR(processor, &unused);
  std::vector<int> to(at.size(), -1);
  int next = 0;
  for (size_t i = 0; i < at.size(); ++i) {
    if (at[i] < 0) continue;
    if (!CPU_ISSET(at[i], &taken)) {
      CPU_SET(at[i], &taken);
      continue;
    }
    while (next < CPU_SETSIZE && !CPU_ISSET(next, &unused)) ++next;
    if (next < CPU_SETSIZE) to[i] = next++;
  }
  return to;
}

void keep_apart(int count) {
  constexpr int64_t kShortest = 4, kLongest = 1024;  // where others need the processors, moving is of no use
  thread_local int64_t next = 0, pause = kShortest;
  const int64_t now = coarse_milliseconds();
  if (now < next) return;
  pause = spread(count) ? std::min(2 * pause, kLongest) : std::max(pause / 2, kShortest);
  next = now + pause;
}

}  // namespace mx::engine
