#include "engine/threads.h"

#include <omp.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>

#include "engine/clock.h"
#include "engine/placement.h"
#include "mx/base/error.h"

namespace mx::engine {

namespace {

int initial_threads() {
  for (const char* name : {"MX_NUM_THREADS", "OMP_NUM_THREADS"})
    if (const char* text = std::getenv(name))
      if (const int count = std::atoi(text); count > 0) return count;
  cpu_set_t usable;
  if (sched_getaffinity(0, sizeof usable, &usable) == 0) return std::max(1, CPU_COUNT(&usable));
  return std::max(1, omp_get_num_procs());
}

std::atomic<int>& threads() {
  static std::atomic<int>* count = [] {
    pthread_atfork(nullptr, nullptr, [] { set_num_threads(1); });
    return new std::atomic<int>(initial_threads());
  }();
  return *count;
}

std::atomic<int> computing{0};
std::atomic<int64_t> teams{0};
thread_local int nesting = 0;
thread_local int team = 0;  // what omp_set_num_threads was last given on this thread
std::atomic<int (*)()> interrupt_check{nullptr};
std::atomic<int64_t> next_check{0};

}  // namespace

int num_threads() { return threads().load(std::memory_order_relaxed); }

void set_num_threads(int count) {
  MX_CHECK(count >= 1, kValue, "[set_num_threads] ", count, " threads; at least one is needed");
  threads() = count;
}

int enter_parallel_code(int most) {
  const int users = std::max(1, computing.load(std::memory_order_relaxed));
  const int cap = std::max(1, std::min(num_threads() / users, most));
  if (cap != team) omp_set_num_threads(team = cap);
  if (cap > 1) keep_apart(cap);
  return cap;
}

void set_team(int count) {
  if (count != team) omp_set_num_threads(team = count);
  if (count <= 1) return;
  keep_apart(count);
  teams.fetch_add(1, std::memory_order_relaxed);
}

int worthwhile_threads(const Work& work) {
  constexpr double kFlopsPerSecond = 1e11, kBytesPerSecond = 2e10, kSecondsPerThread = 2.5e-5;
  const double seconds = work.flops / kFlopsPerSecond + work.bytes / kBytesPerSecond;
  return static_cast<int>(std::clamp(seconds / kSecondsPerThread, 1.0, 65536.0));
}

int64_t count_teams() { return teams.load(std::memory_order_relaxed); }

void parallel_for(int64_t count, int64_t grain, RangeFunction fn) {
  grain = std::max<int64_t>(grain, 1);
  const int64_t chunks = (count + grain - 1) / grain;
  if (chunks == 1) return fn(0, count);
  const auto run = [&](int64_t chunk) { fn(chunk * grain, std::min(count, (chunk + 1) * grain)); };
  const int cap = chunks > 1 && !omp_in_parallel() ? enter_parallel_code() : 1;
  if (cap == 1) {
    for (int64_t chunk = 0; chunk < chunks; ++chunk) run(chunk);
    return;
  }
  teams.fetch_add(1, std::memory_order_relaxed);
  std::atomic<int64_t> next{0};
  std::exception_ptr error;
#pragma omp parallel num_threads(static_cast<int>(std::min<int64_t>(cap, chunks)))
  {
    try {
      for (int64_t chunk; (chunk = next.fetch_add(1)) < chunks;) run(chunk);
    } catch (...) {
#pragma omp critical(mx_parallel_for)
      error = std::current_exception();
      next = chunks;
    }
  }
  if (error) std::rethrow_exception(error);
}

Computing::Computing() {
  if (nesting++ == 0) computing.fetch_add(1, std::memory_order_relaxed);
}
Computing::~Computing() {
  if (--nesting == 0) computing.fetch_sub(1, std::memory_order_relaxed);
}

void set_interrupt_check(int (*check)()) { interrupt_check = check; }

void check_interrupt() {
  const auto check = interrupt_check.load(std::memory_order_relaxed);
  if (!check) return;
  const int64_t now = coarse_milliseconds();
  if (now < next_check.load(std::memory_order_relaxed)) return;
  next_check = now + 20;
  if (check()) raise(ErrorKind::kInterrupted, "interrupted");
}

}  // namespace mx::engine
