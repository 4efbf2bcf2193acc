// Order of work on arrays. Work that is ready runs inline, on the thread that asks for it; asynchronous work is queued.
#pragma once
#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>

namespace mx {

// A dependency variable: many readers or one writer, in the order of their arrival.
class Var {
 public:
  Var() = default;
  ~Var();  // waits for pending work
  uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  friend class Access;
  friend struct EngineImpl;
  struct Queue;
  // 0 free, n > 0 readers, -1 a writer, kQueued set when somebody waits in queue_.
  std::atomic<int32_t> state_{0};
  std::atomic<uint64_t> version_{0};
  std::atomic<Queue*> queue_{nullptr};
};

// Takes the variables for the life of the object: waits for earlier work on them, raises the errors that it left. Versions of
// written variables rise at the end. A variable may stand several times in either list; writing wins.
class Access {
 public:
  Access(std::span<Var* const> reads, std::span<Var* const> writes);
  ~Access();
  Access(const Access&) = delete;

 private:
  struct Held {
    Var* var;
    bool write;
  };
  static constexpr int kInline = 16;
  Held inline_[kInline];
  std::unique_ptr<Held[]> heap_;
  Held* held_ = inline_;
  int count_ = 0;
};

namespace engine {
// Queue fn on a worker thread; its exception surfaces once, at the first wait that needs one of `writes`.
void push(std::function<void()> fn, std::span<Var* const> reads, std::span<Var* const> writes, std::shared_ptr<void> keep);
void wait_to_read(Var& var);
void wait_to_write(Var& var);
void wait_all();

// Threads that one call may use. After fork the child has one.
int num_threads();
void set_num_threads(int count);
// Caps this thread's OpenMP team (ours and oneDNN's) at num_threads(). Cheap; called before any parallel work.
void enter_parallel_code();

// fn(begin, end) over 0..count in fixed chunks of `grain`: the same chunks at any number of threads. Runs inline below two
// chunks, inside another parallel region, and in a forked child.
void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& fn);

// Raises kInterrupted when the front end asks to stop. Called between operators; looks at most every 20 ms.
void check_interrupt();
void set_interrupt_check(int (*check)());
}  // namespace engine

}  // namespace mx
