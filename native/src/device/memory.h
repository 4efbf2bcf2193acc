// Memory of devices, reused in the order of streams: a block that its last users have not finished with may be given
// out at once, because its new user's stream comes after them.
#pragma once
#include <cstddef>
#include <vector>

#include "device/stream.h"
#include "mx/c_api.h"

namespace mx::device {

// For work of the current thread's stream. Raises kMemory.
void* allocate(size_t bytes, int device);
void release(void* data, size_t bytes, int device, std::vector<Use> uses);
MXMemoryInfo info(int device);
void empty_cache(int device);
void set_limit(int device, int64_t bytes);
bool owns(const void* data);  // does it lie in the memory of a device?

// A piece of host memory that copies use asynchronously; given back when the work that the stream has now has ended.
class Pinned {
 public:
  static constexpr size_t kBytes = size_t{1} << 22;
  explicit Pinned(int device);
  ~Pinned();
  Pinned(const Pinned&) = delete;
  void* data() const { return piece_.data; }
  void release_after(const Stream& stream);  // else: at once

  struct Piece {
    void* data = nullptr;
    void* event = nullptr;  // null: nobody has used it yet
  };

 private:
  int device_;
  Piece piece_;
};

}  // namespace mx::device
