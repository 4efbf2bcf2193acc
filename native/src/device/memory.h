// Memory of devices, reused in the order of streams: a block that its last users have not finished with may be given
// out at once, because its new user's stream comes after them.
#pragma once
#include <cstddef>
#include <vector>

#include "device/stream.h"
#include "mx/c_api.h"
#include "storage/storage.h"

namespace mx::device {

// The memory of GPUs, and pinned host memory: cpu_pinned where there is a plugin, and ordinary memory where there is
// none.
bool owns_pool(Device device);
// On a GPU, for work of the current thread's stream. Raises kMemory.
void* allocate(size_t bytes, Device device);
void release(void* data, size_t bytes, Device device, std::vector<Use> uses);
MXMemoryInfo info(Device device);
void empty_cache(Device device);
void set_limit(Device device, int64_t bytes);
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
