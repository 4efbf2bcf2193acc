#include "device/stream.h"

#include <exception>
#include <memory>

#include "device/plugin.h"
#include "engine/wait.h"
#include "mx/base/error.h"

namespace mx::device {
namespace {

struct Events {
  std::mutex mutex;
  std::unordered_map<int, std::vector<void*>> free;

  void* take(int device) {
    {
      std::lock_guard lock(mutex);
      auto& list = free[device];
      if (!list.empty()) {
        void* event = list.back();
        list.pop_back();
        return event;
      }
    }
    void* event = nullptr;
    check(plugin().event_create(device, &event), "event", device);
    return event;
  }
  void give(int device, void* event) {
    std::lock_guard lock(mutex);
    free[device].push_back(event);
  }
};
Events& events() {
  static auto* instance = new Events;
  return *instance;
}

// An event that marks the end of what a stream has been given so far.
class Mark {
 public:
  explicit Mark(const Stream& stream) : device_(stream.device), event_(events().take(device_)) {
    check(plugin().event_record(device_, event_, stream.handle), "event", device_);
  }
  ~Mark() { events().give(device_, event_); }
  Mark(const Mark&) = delete;
  void* event() const { return event_; }

 private:
  int device_;
  void* event_;
};

struct Streams {
  std::mutex mutex;
  std::vector<Stream*> all;
  std::unordered_map<int, std::vector<Stream*>> idle;
};
Streams& streams() {
  static auto* instance = new Streams;
  return *instance;
}

struct Own {
  std::unordered_map<int, Stream*> by_device;
  ~Own() {
    std::lock_guard lock(streams().mutex);
    for (const auto& [device, stream] : by_device) streams().idle[device].push_back(stream);
  }
};
thread_local Own own;

}  // namespace

Stream::Stream(int device) : device(device) { check(plugin().stream_create(device, &handle), "stream", device); }

Stream& Stream::current(int device) {
  Stream*& mine = own.by_device[device];
  if (mine) return *mine;
  {
    std::lock_guard lock(streams().mutex);
    auto& idle = streams().idle[device];
    if (!idle.empty()) {
      mine = idle.back();
      idle.pop_back();
      return *mine;
    }
  }
  auto made = std::make_unique<Stream>(device);
  std::lock_guard lock(streams().mutex);
  streams().all.push_back(made.get());
  return *(mine = made.release());
}

void Stream::wait(Stream& other, uint64_t ticket) {
  if (&other == this || other.passed(ticket)) return;
  {
    std::lock_guard lock(mutex_);
    if (seen_[&other] >= ticket) return;
  }
  const uint64_t covered = other.issued_.load(std::memory_order_acquire);
  const Mark mark(other);
  check(plugin().stream_wait(device, handle, mark.event()), "stream", device);
  std::lock_guard lock(mutex_);
  uint64_t& seen = seen_[&other];
  if (seen < covered) seen = covered;
}

void Stream::synchronize(uint64_t ticket, const char* op) {
  if (passed(ticket)) return;
  const uint64_t covered = issued_.load(std::memory_order_acquire);
  const Mark mark(*this);
  int status = 0;
  engine::while_waiting([&] { status = plugin().event_synchronize(device, mark.event()); });
  check(status, op, device);
  uint64_t before = passed_.load();
  while (before < covered && !passed_.compare_exchange_weak(before, covered)) {
  }
}

void Uses::before(Stream& stream, bool write) {
  std::lock_guard lock(mutex_);
  if (write_.stream) stream.wait(*write_.stream, write_.ticket);
  if (!write) return;
  for (const Use& read : reads_) stream.wait(*read.stream, read.ticket);
}

void Uses::after(Stream& stream, uint64_t ticket, bool write, const char* op) {
  std::lock_guard lock(mutex_);
  if (write) {
    reads_.clear();
    write_ = {&stream, ticket};
    writer_ = op;
    return;
  }
  for (Use& read : reads_) {
    if (read.stream != &stream) continue;
    read.ticket = ticket;
    return;
  }
  reads_.push_back({&stream, ticket});
}

void Uses::synchronize(bool write) {
  std::vector<Use> reads;
  Use last;
  const char* writer;
  {
    std::lock_guard lock(mutex_);
    last = write_, writer = writer_;
    if (write) reads = reads_;
  }
  if (last.stream) last.stream->synchronize(last.ticket, writer);
  for (const Use& read : reads) read.stream->synchronize(read.ticket, "wait");
}

std::vector<Use> Uses::all() {
  std::lock_guard lock(mutex_);
  std::vector<Use> list = reads_;
  if (write_.stream) list.push_back(write_);
  return list;
}

void synchronize_all() {
  std::vector<Stream*> all;
  {
    std::lock_guard lock(streams().mutex);
    all = streams().all;
  }
  std::exception_ptr first;
  for (Stream* stream : all) try {
      int status = 0;
      engine::while_waiting([&] { status = plugin().stream_synchronize(stream->device, stream->handle); });
      check(status, "waitall", stream->device);
    } catch (const Error&) {
      if (!first) first = std::current_exception();
    }
  if (first) std::rethrow_exception(first);
}

}  // namespace mx::device
