// On which processors the threads of a team run.
#pragma once
#include <sched.h>

#include <span>
#include <vector>

namespace mx::engine {

// Moves apart threads of this thread's OpenMP team of `count` that share a processor while others of the machine have
// none. Looks every few milliseconds at most; called before parallel work.
void keep_apart(int count);

// Where threads that run `at` these processors should move: -1 for those that stay, because nobody before them runs
// there or no usable processor is left.
std::vector<int> destinations(std::span<const int> at, const cpu_set_t& usable);

}  // namespace mx::engine
