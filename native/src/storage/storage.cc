#include "storage/storage.h"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <map>
#include <mutex>
#include <vector>

#include "mx/base/error.h"

namespace mx::storage {

namespace {

constexpr size_t kAlignment = 64, kHugePage = size_t{2} << 20;

// Four size classes a doubling: at most a fifth of a block is wasted, and blocks find new users.
size_t size_class(size_t bytes) {
  if (bytes <= kAlignment) return kAlignment;
  const size_t step = std::max(std::bit_floor(bytes - 1) / 4, kAlignment);
  return (bytes + step - 1) / step * step;
}

void* system_allocate(size_t bytes) {
  const bool huge = bytes >= kHugePage;
  const size_t alignment = huge ? kHugePage : kAlignment;
  void* data = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (data && huge) madvise(data, bytes, MADV_HUGEPAGE);  // fewer page faults; a hint only
  return data;
}

class Pool {
 public:
  Pool() {
    if (const char* limit = std::getenv("MX_MEM_POOL_LIMIT")) limit_ = std::atoll(limit);
  }

  void* allocate(size_t bytes) {
    const size_t rounded = size_class(bytes);
    {
      std::lock_guard lock(mutex_);
      ++info_.allocations;
      account(static_cast<int64_t>(rounded));
      auto& blocks = free_[rounded];
      if (!blocks.empty()) {
        void* data = blocks.back();
        blocks.pop_back();
        ++info_.hits;
        info_.cached -= static_cast<int64_t>(rounded);
        return data;
      }
    }
    void* data = system_allocate(rounded);
    if (!data) {  // what the cache keeps may be what is missing
      empty();
      data = system_allocate(rounded);
    }
    if (!data) {
      std::lock_guard lock(mutex_);
      account(-static_cast<int64_t>(rounded));
      raise(ErrorKind::kMemory, "[storage] no memory for ", bytes, " bytes; ", info_.used,
            " bytes are in use by arrays");
    }
    return data;
  }

  void release(void* data, size_t bytes) {
    const size_t rounded = size_class(bytes);
    {
      std::lock_guard lock(mutex_);
      account(-static_cast<int64_t>(rounded));
      if (limit_ < 0 || info_.cached + static_cast<int64_t>(rounded) <= limit_) {
        free_[rounded].push_back(data);
        info_.cached += static_cast<int64_t>(rounded);
        return;
      }
    }
    std::free(data);
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
  void account(int64_t bytes) {
    info_.used += bytes;
    info_.peak = std::max(info_.peak, info_.used);
  }

  // Largest blocks first: they are the ones worth giving back.
  void trim(int64_t keep) {
    std::vector<void*> doomed;
    {
      std::lock_guard lock(mutex_);
      for (auto it = free_.rbegin(); it != free_.rend() && info_.cached > keep; ++it)
        while (!it->second.empty() && info_.cached > keep) {
          doomed.push_back(it->second.back());
          it->second.pop_back();
          info_.cached -= static_cast<int64_t>(it->first);
        }
    }
    for (void* data : doomed) std::free(data);
  }

  std::mutex mutex_;
  std::map<size_t, std::vector<void*>> free_;
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

Pool& pool(Device device) {
  MX_CHECK(device.is_cpu(), kUnsupported, "[storage] gpu(", device.id,
           ") needs the CUDA plugin, which is not installed");
  return cpu_pool();
}

}  // namespace

void* allocate(size_t bytes, Device device) { return bytes ? pool(device).allocate(bytes) : nullptr; }
void release(void* data, size_t bytes, Device device) {
  if (data) pool(device).release(data, bytes);
}
MXMemoryInfo info(Device device) { return pool(device).info(); }
void empty_cache(Device device) { pool(device).empty(); }
void set_limit(Device device, int64_t bytes) { pool(device).set_limit(bytes); }

}  // namespace mx::storage
