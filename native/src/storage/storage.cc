#include "storage/storage.h"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "device/memory.h"
#include "mx/base/error.h"
#include "storage/size_class.h"

namespace mx {

std::string Device::name() const {
  const char* const kind = type == MX_GPU          ? "gpu"
                           : type == MX_CPU_PINNED ? "cpu_pinned"
                           : type == MX_CPU_SHARED ? "cpu_shared"
                                                   : "cpu";
  return str(kind, "(", id, ")");
}

}  // namespace mx

namespace mx::storage {

namespace {

constexpr size_t kAlignment = 64, kHugePage = size_t{2} << 20;

constexpr size_t kClasses = 64 * 4;
size_t class_index(size_t rounded) {
  const size_t power = static_cast<size_t>(std::bit_width(rounded)) - 1;
  return power * 4 + (rounded >> (power - 2) & 3);
}

// Large blocks are mapped one by one, at the borders of huge pages: they cost few page faults, and giving one back
// really returns its memory. `bytes` is of a size class.
void* system_allocate(size_t bytes) {
  if (bytes < kHugePage) return std::aligned_alloc(kAlignment, bytes);
  const size_t room = bytes + kHugePage;
  void* const mapped = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  char* const begin = static_cast<char*>(mapped);
  char* const data = begin + (kHugePage - reinterpret_cast<uintptr_t>(begin) % kHugePage) % kHugePage;
  if (data > begin) munmap(begin, static_cast<size_t>(data - begin));
  if (data + bytes < begin + room) munmap(data + bytes, static_cast<size_t>(begin + room - data) - bytes);
  madvise(data, bytes, MADV_HUGEPAGE);  // a hint only
  return data;
}
void system_free(void* data, size_t bytes) {
  if (bytes < kHugePage)
    std::free(data);
  else
    munmap(data, bytes);
}

struct Block {
  void* data;
  size_t bytes;
};

// Keeps freed blocks for the next array of their size class: at most `limit` bytes of them and, when large blocks are
// asked for that are not there, no more than make one and a half times of what arrays have ever needed at once.
class Pool {
 public:
  Pool() {
    if (const char* limit = std::getenv("MX_MEM_POOL_LIMIT")) limit_ = std::atoll(limit);
  }

  void* allocate(size_t bytes) {
    const size_t rounded = size_class(bytes, kAlignment);
    const int64_t size = static_cast<int64_t>(rounded);
    int64_t keep;
    {
      std::lock_guard lock(mutex_);
      auto& blocks = free_[class_index(rounded)];
      if (!blocks.empty()) {
        void* data = blocks.back().data;
        blocks.pop_back();
        ++info_.hits;
        info_.cached -= size;
        hand_out(size);
        return data;
      }
      const int64_t used = info_.used + size, peak = std::max(info_.peak, used);
      keep = peak + peak / 2 - used;
    }
    if (rounded >= kHugePage) trim(keep);
    void* data = system_allocate(rounded);
    if (!data) {  // what the cache keeps may be what is missing
      empty();
      data = system_allocate(rounded);
    }
    std::lock_guard lock(mutex_);
    if (!data)
      raise(ErrorKind::kMemory, "[storage] no memory for ", bytes, " bytes; ", info_.used,
            " bytes are in use by arrays");
    hand_out(size);
    return data;
  }

  void release(void* data, size_t bytes) {
    const size_t rounded = size_class(bytes, kAlignment);
    {
      std::lock_guard lock(mutex_);
      info_.used -= static_cast<int64_t>(rounded);
      if (limit_ < 0 || info_.cached + static_cast<int64_t>(rounded) <= limit_) {
        free_[class_index(rounded)].push_back({data, rounded});
        info_.cached += static_cast<int64_t>(rounded);
        return;
      }
    }
    system_free(data, rounded);
  }

  void empty() { trim(0); }
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

  void set_limit(int64_t bytes) {
    {
      std::lock_guard lock(mutex_);
      limit_ = bytes;
    }
    if (bytes >= 0) trim(bytes);
  }

  MXMemoryInfo info() {
    std::lock_guard lock(mutex_);
    MXMemoryInfo copy = info_;
    copy.limit = limit_;
    return copy;
  }

 private:
  void hand_out(int64_t bytes) {
    ++info_.allocations;
    info_.used += bytes;
    info_.peak = std::max(info_.peak, info_.used);
  }

  // Largest blocks first: they are the ones worth giving back.
  void trim(int64_t keep) {
    std::vector<Block> doomed;
    {
      std::lock_guard lock(mutex_);
      if (info_.cached <= keep) return;
      for (auto it = free_.rbegin(); it != free_.rend() && info_.cached > keep; ++it)
        while (!it->empty() && info_.cached > keep) {
          doomed.push_back(it->back());
          info_.cached -= static_cast<int64_t>(it->back().bytes);
          it->pop_back();
        }
    }
    for (const Block& block : doomed) system_free(block.data, block.bytes);
  }

  std::mutex mutex_;
  std::array<std::vector<Block>, kClasses> free_;  // by class_index()
  MXMemoryInfo info_{};
  int64_t limit_ = -1;
};

// One for all CPU memory: arrays may outlive static destruction, and fork must not catch the mutex locked.
Pool& cpu_pool() {
  static Pool* instance = [] {
    pthread_atfork([] { cpu_pool().lock(); }, [] { cpu_pool().unlock(); }, [] { cpu_pool().unlock(); });
    return new Pool;
  }();
  return *instance;
}

}  // namespace

void* allocate(size_t bytes, Device device) {
  if (!device.is_cpu()) return device::allocate(bytes, device.id);
  return bytes ? cpu_pool().allocate(bytes) : nullptr;
}
void release(void* data, size_t bytes, Device device) {
  if (!device.is_cpu()) return device::release(data, bytes, device.id, {});
  if (data) cpu_pool().release(data, bytes);
}
MXMemoryInfo info(Device device) { return device.is_cpu() ? cpu_pool().info() : device::info(device.id); }
void empty_cache(Device device) { device.is_cpu() ? cpu_pool().empty() : device::empty_cache(device.id); }
void set_limit(Device device, int64_t bytes) {
  device.is_cpu() ? cpu_pool().set_limit(bytes) : device::set_limit(device.id, bytes);
}

}  // namespace mx::storage
