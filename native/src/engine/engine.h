// Order of work on arrays. Work that is ready runs inline, on the thread that asks for it; asynchronous work is queued.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace mx {

namespace device {
class Uses;
}

// A dependency variable: many readers or one writer, in the order of their arrival.
class Var {
 public:
  Var() = default;
  Var(const Var&) = delete;
  ~Var();  // nobody may be waiting
  // Without waiting; false where the scheduler must decide.
  bool try_acquire(bool write);
  bool try_release(bool write);
  bool pinned() const { return pinned_; }
  uint64_t version() const { return version_.load(std::memory_order_acquire); }

  device::Uses* uses = nullptr;  // the streams that work on it; of arrays that GPUs see. Owned by the Chunk.
  // It is host memory that GPUs read while the host goes on: whoever takes it to write waits for them.
  void mark_pinned();

 private:
  friend class Scheduler;
  friend class Access;
  struct Queue;

  // Low bits: readers. While kQueued or kFailed is set, only the scheduler changes the state, under its mutex.
  static constexpr uint32_t kWriter = 1u << 29, kQueued = 1u << 30, kFailed = 1u << 31;
  std::atomic<uint32_t> state_{0};
  std::atomic<uint64_t> version_{0};
  bool pinned_ = false;
  Queue* queue_ = nullptr;  // made when somebody first has to wait
};

// Takes variables for the life of the object: waits for earlier work on them and raises the error that it left. The
// versions of written variables rise at the end. A variable may stand several times in the lists; writing wins.
class Access {
 public:
  struct Held {
    Var* var;
    bool write;
  };
  // Variables for many uses, each once, in the order that taking them needs.
  using List = std::vector<Held>;
  static List prepare(std::span<Var* const> reads, std::span<Var* const> writes);
  static List prepare(const List& list, std::span<Var* const> reads);

  Access(std::span<Var* const> reads, std::span<Var* const> writes);
  explicit Access(const List& list);  // lives as long as the object
  ~Access();
  Access(const Access&) = delete;

  static void give_back(const Held& held);

 private:
  void take();
  void wait_for_devices();

  static constexpr int kInline = 16;
  Held inline_[kInline];
  std::unique_ptr<Held[]> heap_;
  const Held* held_ = inline_;
  int count_ = 0;
};

namespace engine {
// Queue fn on a worker thread. Its exception surfaces once, at the first wait that needs one of `writes`; `keep` lives
// as long as the work and must own the variables.
void push(std::function<void()> fn, std::span<Var* const> reads, std::span<Var* const> writes,
          std::shared_ptr<void> keep);
void wait_to_read(Var& var);
void wait_to_write(Var& var);
void wait_all();
// Called around every wait on the waiting thread; what `before` returns goes to `after`.
void set_wait_hooks(void* (*before)(), void (*after)(void*));
}  // namespace engine

}  // namespace mx
