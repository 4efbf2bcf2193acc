#include "storage/storage.h"

#include <pthread.h>
#include <sys/mman.h>

#include <cstdlib>
#include <vector>

#include "device/memory.h"
#include "mx/base/error.h"
#include "storage/pool.h"

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

// Large blocks are mapped one by one, at the borders of huge pages: they cost few page faults, and giving one back
// really returns its memory.
struct HostMemory {
  static constexpr size_t kSmallest = 64;
  struct Block {
    void* data;
  };

  static void* obtain(size_t bytes) {
    if (bytes < kLargeBlock) return std::aligned_alloc(kSmallest, bytes);
    const size_t room = bytes + kLargeBlock;
    void* const mapped = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    char* const begin = static_cast<char*>(mapped);
    char* const data = begin + (kLargeBlock - reinterpret_cast<uintptr_t>(begin) % kLargeBlock) % kLargeBlock;
    if (data > begin) munmap(begin, static_cast<size_t>(data - begin));
    if (data + bytes < begin + room) munmap(data + bytes, static_cast<size_t>(begin + room - data) - bytes);
    madvise(data, bytes, MADV_HUGEPAGE);  // a hint only
    return data;
  }
  static void give_back(const Block& block, size_t bytes) {
    if (bytes < kLargeBlock)
      std::free(block.data);
    else
      munmap(block.data, bytes);
  }
  static size_t choose(const std::vector<Block>& blocks) { return blocks.size() - 1; }  // what the caches still hold
  static void await(const Block&) {}
  static const char* name() { return "cpu"; }
};

// One for all CPU memory: arrays may outlive static destruction, and fork must not catch the mutex locked.
Pool<HostMemory>& cpu_pool() {
  static Pool<HostMemory>* instance = [] {
    pthread_atfork([] { cpu_pool().lock(); }, [] { cpu_pool().unlock(); }, [] { cpu_pool().unlock(); });
    return new Pool<HostMemory>;
  }();
  return *instance;
}

}  // namespace

void* allocate(size_t bytes, Device device) {
  if (device::owns_pool(device)) return device::allocate(bytes, device);
  return bytes ? cpu_pool().allocate(bytes) : nullptr;
}
void release(void* data, size_t bytes, Device device) {
  if (device::owns_pool(device)) return device::release(data, bytes, device, {});
  if (data) cpu_pool().release({data}, bytes);
}
MXMemoryInfo info(Device device) { return device::owns_pool(device) ? device::info(device) : cpu_pool().info(); }
void empty_cache(Device device) { device::owns_pool(device) ? device::empty_cache(device) : cpu_pool().trim(0); }
void set_limit(Device device, int64_t bytes) {
  device::owns_pool(device) ? device::set_limit(device, bytes) : cpu_pool().set_limit(bytes);
}

}  // namespace mx::storage
