#include "engine/engine.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "device/stream.h"
#include "engine/threads.h"
#include "engine/wait.h"
#include "mx/base/error.h"

namespace mx {

namespace {

// A piece of work, queued on every variable that it uses. Without fn it is somebody who waits, and who releases by
// himself.
struct Task {
  std::function<void()> fn;
  std::vector<Access::Held> held;
  std::shared_ptr<void> keep;
  size_t missing = 0;  // variables still to be granted
};

// Each variable once, in the order of addresses; writing wins.
int sort_unique(Access::Held* held, int count) {
  std::sort(held, held + count, [](const Access::Held& a, const Access::Held& b) {
    return a.var != b.var ? a.var < b.var : a.write > b.write;
  });
  return static_cast<int>(
      std::unique(held, held + count, [](const Access::Held& a, const Access::Held& b) { return a.var == b.var; }) -
      held);
}

}  // namespace

std::atomic<bool> any_pinned{false};  // for good: such arrays are rare, and rarely alone

void Var::mark_pinned() {
  pinned_ = true;
  any_pinned.store(true, std::memory_order_relaxed);
}

struct Var::Queue {
  struct Entry {
    Task* task;
    bool write;
  };
  std::deque<Entry> waiting;
  std::exception_ptr error;
};

bool Var::try_acquire(bool write) {
  uint32_t state = state_.load(std::memory_order_relaxed);
  while (!(state & (kWriter | kQueued | kFailed)) && !(write && state)) {
    if (state_.compare_exchange_weak(state, write ? kWriter : state + 1, std::memory_order_acquire)) return true;
  }
  return false;
}

bool Var::try_release(bool write) {
  uint32_t state = state_.load(std::memory_order_relaxed);
  while (!(state & (kQueued | kFailed))) {
    if (state_.compare_exchange_weak(state, write ? 0 : state - 1, std::memory_order_release)) return true;
  }
  return false;
}

std::atomic<void* (*)()> before_wait{nullptr};
std::atomic<void (*)(void*)> after_wait{nullptr};

// Lets the front end give its lock away while this thread sleeps.
struct Waiting {
  Waiting() {
    if (const auto enter = before_wait.load()) token = enter();
  }
  ~Waiting() {
    if (const auto leave = after_wait.load()) leave(token);
  }
  void* token = nullptr;
};

// The slow path: everything that waits, under one mutex. Uncontended inline work never comes here.
class Scheduler {
 public:
  static Scheduler& get() {
    static auto* instance = new Scheduler;  // workers may outlive static destruction
    return *instance;
  }

  void push(std::unique_ptr<Task> task) {
    std::lock_guard lock(mutex_);
    start_workers();
    ++unfinished_;
    enqueue(*task.release());
  }

  // Returns when the caller holds all variables; raises (holding none) the error that earlier work left on one of them.
  void acquire(std::span<const Access::Held> held) {
    const Waiting waiting;
    Task task;
    task.held.assign(held.begin(), held.end());
    std::unique_lock lock(mutex_);
    enqueue(task);
    changed_.wait(lock, [&] { return task.missing == 0; });
    if (const std::exception_ptr error = take_error(task)) {
      for (const Access::Held& h : held) release_locked(*h.var, h.write, false);
      lock.unlock();
      std::rethrow_exception(error);
    }
  }

  void release(Var& var, bool write) {
    std::lock_guard lock(mutex_);
    release_locked(var, write, false);
  }

  // A variable dies with an error that nobody saw: wait_all still raises it.
  void drop(Var& var) {
    std::lock_guard lock(mutex_);
    std::erase(failed_, &var);
  }

  void wait_all() {
    const Waiting waiting;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return unfinished_ == 0; });
    if (!errors_.empty()) {
      const std::exception_ptr error = errors_.front();
      clear_errors();
      lock.unlock();
      std::rethrow_exception(error);
    }
  }

 private:
  Scheduler() {
    // The child has this thread only: no worker, no half-done work, and nobody who would unlock the mutex.
    pthread_atfork([] { get().before_fork(); }, [] { get().mutex_.unlock(); }, [] { get().in_child(); });
  }

  static inline thread_local bool is_worker_ = false;

  void before_fork() {
    std::unique_lock lock(mutex_);
    if (!is_worker_) changed_.wait(lock, [&] { return unfinished_ == 0; });
    lock.release();
  }
  void in_child() {
    workers_ = 0;
    new (&changed_) std::condition_variable;  // the waiters of the parent are not ours
    new (&work_) std::condition_variable;
    mutex_.unlock();
  }

  void start_workers() {
    for (; workers_ < 2; ++workers_) std::thread([this] { work(); }).detach();
  }

  void work() {
    is_worker_ = true;
    std::unique_lock lock(mutex_);
    for (;;) {
      work_.wait(lock, [&] { return !ready_.empty(); });
      std::unique_ptr<Task> task(ready_.front());
      ready_.pop_front();
      std::exception_ptr error = take_error(*task);  // of what it reads: passed on
      if (!error) {
        lock.unlock();
        try {
          engine::Computing computing;
          task->fn();
        } catch (...) {
          error = std::current_exception();
        }
        lock.lock();
      }
      for (const Access::Held& h : task->held) {
        if (error && h.write) fail(*h.var, error);
        release_locked(*h.var, h.write, true);
      }
      lock.unlock();
      task.reset();  // may free arrays and call back into their owners
      lock.lock();
      --unfinished_;
      changed_.notify_all();
    }
  }

  Var::Queue& queue(Var& var) {
    if (!var.queue_) var.queue_ = new Var::Queue;
    return *var.queue_;
  }

  void enqueue(Task& task) {
    task.missing = task.held.size();
    for (const Access::Held& h : task.held) {
      queue(*h.var).waiting.push_back({&task, h.write});
      h.var->state_.fetch_or(Var::kQueued);
    }
    for (const Access::Held& h : task.held) advance(*h.var);
    if (task.held.empty()) granted(task);
  }

  // Lets in everybody at the front of the queue who can be.
  void advance(Var& var) {
    auto& waiting = queue(var).waiting;
    while (!waiting.empty()) {
      const uint32_t holders = var.state_.load() & ~(Var::kQueued | Var::kFailed);
      const auto [task, write] = waiting.front();
      if (write ? holders != 0 : (holders & Var::kWriter) != 0) return;
      var.state_.fetch_add(write ? Var::kWriter : 1);
      waiting.pop_front();
      if (--task->missing == 0) granted(*task);
    }
    var.state_.fetch_and(~Var::kQueued);
  }

  void granted(Task& task) {
    if (task.fn) {
      ready_.push_back(&task);
      work_.notify_one();
    } else {
      changed_.notify_all();
    }
  }

  void release_locked(Var& var, bool write, bool written) {
    if (write && written) var.version_.fetch_add(1);
    var.state_.fetch_or(Var::kQueued);  // ours alone while it changes
    var.state_.fetch_sub(write ? Var::kWriter : 1);
    advance(var);
  }

  void fail(Var& var, const std::exception_ptr& error) {
    queue(var).error = error;
    var.state_.fetch_or(Var::kFailed);
    failed_.push_back(&var);
    if (std::find(errors_.begin(), errors_.end(), error) == errors_.end()) errors_.push_back(error);
  }

  // The error of a variable that the task uses; it is raised once, wherever it was passed on to.
  std::exception_ptr take_error(Task& task) {
    for (const Access::Held& h : task.held)
      if (h.var->queue_ && h.var->queue_->error) {
        const std::exception_ptr error = h.var->queue_->error;
        if (!task.fn) forget(error);
        return error;
      }
    return nullptr;
  }
  void forget(const std::exception_ptr& error) {
    std::erase(errors_, error);
    std::erase_if(failed_, [&](Var* var) {
      if (var->queue_->error != error) return false;
      var->queue_->error = nullptr;
      var->state_.fetch_and(~Var::kFailed);
      return true;
    });
  }
  void clear_errors() {
    while (!errors_.empty()) forget(std::exception_ptr(errors_.front()));
  }

  std::mutex mutex_;
  std::condition_variable changed_, work_;
  std::deque<Task*> ready_;
  std::vector<Var*> failed_;
  std::vector<std::exception_ptr> errors_;
  int workers_ = 0;
  int64_t unfinished_ = 0;
};

Var::~Var() {
  if (!queue_) return;
  Scheduler::get().drop(*this);
  delete queue_;
}

Access::List Access::prepare(std::span<Var* const> reads, std::span<Var* const> writes) {
  List list;
  for (Var* var : writes) list.push_back({var, true});
  return prepare(list, reads);
}

Access::List Access::prepare(const List& given, std::span<Var* const> reads) {
  List list = given;
  for (Var* var : reads) list.push_back({var, false});
  list.resize(static_cast<size_t>(sort_unique(list.data(), static_cast<int>(list.size()))));
  return list;
}

Access::Access(const List& list) : held_(list.data()), count_(static_cast<int>(list.size())) { take(); }

Access::Access(std::span<Var* const> reads, std::span<Var* const> writes) {
  count_ = static_cast<int>(reads.size() + writes.size());
  Held* held = inline_;
  if (count_ > kInline) {
    heap_ = std::make_unique<Held[]>(static_cast<size_t>(count_));
    held_ = held = heap_.get();
  }
  int i = 0;
  for (Var* var : writes) held[i++] = {var, true};
  for (Var* var : reads) held[i++] = {var, false};
  if (count_ > 1) count_ = sort_unique(held, count_);
  take();
}

void Access::take() {
  int taken = 0;
  while (taken < count_ && held_[taken].var->try_acquire(held_[taken].write)) ++taken;
  if (taken < count_) {
    // Never wait while holding something: give all back and queue for everything at once.
    for (int k = 0; k < taken; ++k) give_back(held_[k]);
    Scheduler::get().acquire({held_, static_cast<size_t>(count_)});
  }
  if (any_pinned.load(std::memory_order_relaxed)) wait_for_devices();
}

void Access::wait_for_devices() {
  for (int i = 0; i < count_; ++i) {
    const Held& held = held_[i];
    if (!held.write || !held.var->pinned()) continue;
    try {
      held.var->uses->synchronize(true);
    } catch (...) {
      for (int k = 0; k < count_; ++k) give_back(held_[k]);
      throw;
    }
  }
}

void Access::give_back(const Held& held) {
  if (!held.var->try_release(held.write)) Scheduler::get().release(*held.var, held.write);
}

Access::~Access() {
  for (int i = 0; i < count_; ++i) {
    if (held_[i].write) held_[i].var->version_.fetch_add(1, std::memory_order_release);
    give_back(held_[i]);
  }
}

namespace engine {

void push(std::function<void()> fn, std::span<Var* const> reads, std::span<Var* const> writes,
          std::shared_ptr<void> keep) {
  auto task = std::make_unique<Task>();
  task->fn = std::move(fn);
  task->held = Access::prepare(reads, writes);
  task->keep = std::move(keep);
  Scheduler::get().push(std::move(task));
}

void wait_to_read(Var& var) {
  Var* const reads[] = {&var};
  Access access(reads, {});
  if (var.uses) var.uses->synchronize(false);
}

void wait_to_write(Var& var) {
  const Access::Held held{&var, true};
  if (!var.try_acquire(true)) Scheduler::get().acquire({&held, 1});
  Access::give_back(held);  // nothing was written: the version stays
  if (var.uses) var.uses->synchronize(true);
}

void wait_all() {
  Scheduler::get().wait_all();
  device::synchronize_all();
}

void while_waiting(const std::function<void()>& wait) {
  const Waiting waiting;
  wait();
}

void set_wait_hooks(void* (*before)(), void (*after)(void*)) {
  before_wait = before;
  after_wait = after;
}

}  // namespace engine

}  // namespace mx
