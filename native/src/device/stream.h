// Streams of devices, and what arrays remember of them. A point of a stream is a ticket; an event is recorded only when
// another stream or the host has to wait for one, so that work on one stream costs no events.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

namespace mx {
class Var;
}

namespace mx::device {

// One per thread and device while the thread lives, then another thread's. Never destroyed: tickets refer to it.
class Stream {
 public:
  explicit Stream(int device);
  static Stream& current(int device);  // of this thread

  const int device;
  void* handle = nullptr;

  uint64_t advance() { return issued_.fetch_add(1, std::memory_order_acq_rel) + 1; }  // after work was issued
  bool passed(uint64_t ticket) const { return passed_.load(std::memory_order_acquire) >= ticket; }
  // Later work here comes after that point of the other stream.
  void wait(Stream& other, uint64_t ticket);
  // The host waits. `op`: whose work it is, for the message of an error.
  void synchronize(uint64_t ticket, const char* op);

 private:
  std::atomic<uint64_t> issued_{0}, passed_{0};
  std::mutex mutex_;
  std::unordered_map<Stream*, uint64_t> seen_;  // how far we have waited for others
};

// What an array's last users did. An entry per stream is enough: later work of a stream comes after earlier work.
struct Use {
  Stream* stream = nullptr;
  uint64_t ticket = 0;
};
class Uses {
 public:
  // Orders `stream` after the work that a reader, or a writer, must wait for.
  void before(Stream& stream, bool write);
  void after(Stream& stream, uint64_t ticket, bool write, const char* op);
  // The host waits for the last write, or for all users.
  void synchronize(bool write);
  std::vector<Use> all();
  void start(const Use& use) { write_ = use; }

 private:
  std::mutex mutex_;  // readers come together
  Use write_;
  const char* writer_ = "copy";
  std::vector<Use> reads_;
};

// Waits for every stream, raising the first error.
void synchronize_all();

}  // namespace mx::device
