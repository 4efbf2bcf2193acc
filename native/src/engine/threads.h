// How many threads a call may use, and loops over them.
#pragma once
#include <cstdint>
#include <functional>

namespace mx::engine {

// Threads that one call may use. A forked child has one: libgomp's pool doesn't survive fork.
int num_threads();
void set_num_threads(int count);

// Caps this thread's OpenMP team, ours and oneDNN's: num_threads() shared by the threads that compute at the moment.
// Cheap; called before any parallel work. Returns the cap.
int enter_parallel_code();

// fn(begin, end) over 0..count in chunks of `grain`: the same chunks at any number of threads. Runs inline below two
// chunks and inside another parallel region.
void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& fn);

// Marks the calling thread as computing, so that the machine is shared between the threads that do.
class Computing {
 public:
  Computing();
  ~Computing();
  Computing(const Computing&) = delete;
};

// Raises kInterrupted when the front end asks to stop. Called between operators; asks at most every 20 ms.
void check_interrupt();
void set_interrupt_check(int (*check)());

}  // namespace mx::engine
