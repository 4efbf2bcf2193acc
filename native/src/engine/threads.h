// How many threads a call may use, and loops over them.
#pragma once
#include <cstdint>
#include <type_traits>

namespace mx::engine {

// Threads that one call may use. A forked child has one: libgomp's pool doesn't survive fork.
int num_threads();
void set_num_threads(int count);

// Caps this thread's OpenMP team, ours and oneDNN's: num_threads() shared by the threads that compute at the moment,
// but no more than `most`. Cheap; called before any parallel work. Returns the cap.
int enter_parallel_code(int most = 1 << 16);
// For work that was divided earlier, between exactly so many threads.
void set_team(int count);

// How many threads are worth waking for work that keeps one thread busy for about so long: waking costs microseconds.
struct Work {
  double flops = 0, bytes = 0;
};
int worthwhile_threads(const Work& work);

// How often a team of several threads has worked, here or in oneDNN, since the start.
int64_t count_teams();

// Refers to a callable that lives at least as long; nothing is allocated.
class RangeFunction {
 public:
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, RangeFunction>)
  RangeFunction(F&& fn)
      : object_(const_cast<void*>(static_cast<const void*>(&fn))), call_([](void* object, int64_t begin, int64_t end) {
          (*static_cast<std::remove_reference_t<F>*>(object))(begin, end);
        }) {}
  void operator()(int64_t begin, int64_t end) const { call_(object_, begin, end); }

 private:
  void* object_;
  void (*call_)(void*, int64_t, int64_t);
};

// fn(begin, end) over 0..count in chunks of `grain`: the same chunks at any number of threads. Runs inline below two
// chunks and inside another parallel region.
void parallel_for(int64_t count, int64_t grain, RangeFunction fn);

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
