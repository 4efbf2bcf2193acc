#include "device/memory.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <shared_mutex>

#include "device/plugin.h"
#include "mx/base/error.h"
#include "storage/pool.h"

namespace mx::device {
namespace {

// Every block that a plugin gave, by address.
struct Ranges {
  std::shared_mutex mutex;
  std::map<uintptr_t, size_t> all;

  void add(void* data, size_t bytes) {
    std::unique_lock lock(mutex);
    all[reinterpret_cast<uintptr_t>(data)] = bytes;
  }
  void remove(void* data) {
    std::unique_lock lock(mutex);
    all.erase(reinterpret_cast<uintptr_t>(data));
  }
  bool contain(const void* data) {
    std::shared_lock lock(mutex);
    const auto at = reinterpret_cast<uintptr_t>(data);
    auto it = all.upper_bound(at);
    return it != all.begin() && (--it, at < it->first + it->second);
  }
};
Ranges& ranges() {
  static auto* instance = new Ranges;
  return *instance;
}

struct UsedBlock {
  void* data;
  std::vector<Use> uses;

  // The host waits, before memory goes back to the driver. A failure is one of earlier work: its own waits report it.
  void finish() const {
    for (const Use& use : uses) try {
        use.stream->synchronize(use.ticket, "storage");
      } catch (const Error&) {
      }
  }
};

// Blocks are handed out before their last users have finished: the new user's stream comes after them.
struct GpuMemory {
  static constexpr size_t kSmallest = 512;
  using Block = UsedBlock;
  int device;

  void* obtain(size_t bytes) const {
    void* data = nullptr;
    const int status = plugin().allocate(device, bytes, &data);
    if (status == 2) return nullptr;
    check(status, "storage", device);
    ranges().add(data, bytes);
    return data;
  }
  void give_back(const Block& block, size_t) const {
    ranges().remove(block.data);
    block.finish();
    plugin().release(device, block.data);
  }
  // Preferably one that this stream need not wait for, and else the one that was freed first.
  size_t choose(const std::vector<Block>& blocks) const {
    const Stream& stream = Stream::current(device);
    const auto found = std::find_if(blocks.rbegin(), blocks.rend(), [&](const Block& block) {
      return std::all_of(block.uses.begin(), block.uses.end(),
                         [&](const Use& use) { return use.stream == &stream || use.stream->passed(use.ticket); });
    });
    return found == blocks.rend() ? 0 : static_cast<size_t>(blocks.rend() - found) - 1;
  }
  void await(const Block& block) const {
    Stream& stream = Stream::current(device);
    for (const Use& use : block.uses) stream.wait(*use.stream, use.ticket);
  }
  std::string name() const { return Device{MX_GPU, device}.name(); }
};

// The host writes there without a stream, so it waits itself.
struct PinnedMemory {
  static constexpr size_t kSmallest = 64;
  using Block = UsedBlock;

  static void* obtain(size_t bytes) {
    void* data = nullptr;
    const int status = plugin().allocate_pinned(bytes, &data);
    if (status == 2) return nullptr;
    check(status, "storage", 0);
    return data;
  }
  static void give_back(const Block& block, size_t) {
    block.finish();
    plugin().release_pinned(block.data);
  }
  static size_t choose(const std::vector<Block>&) { return 0; }
  static void await(const Block& block) {
    for (const Use& use : block.uses) use.stream->synchronize(use.ticket, "storage");
  }
  static const char* name() { return "cpu_pinned"; }
};

using GpuPool = storage::Pool<GpuMemory>;
using PinnedPool = storage::Pool<PinnedMemory>;

// Arrays may outlive static destruction.
GpuPool& gpu_pool(int device) {
  static std::mutex mutex;
  static auto* pools = new std::map<int, std::unique_ptr<GpuPool>>;
  check_id(device);
  std::lock_guard lock(mutex);
  auto& pool = (*pools)[device];
  if (!pool) pool = std::make_unique<GpuPool>(GpuMemory{device});
  return *pool;
}
PinnedPool& pinned_pool() {
  static auto* pool = new PinnedPool;
  return *pool;
}

template <class F>
auto with_pool(Device device, F fn) {
  return device.is_cpu() ? fn(pinned_pool()) : fn(gpu_pool(device.id));
}

struct PinnedPieces {
  static constexpr size_t kMost = 16;  // of a device, in flight; then the oldest is waited for
  struct Queue {
    std::deque<Pinned::Piece> idle;
    size_t made = 0;
  };
  std::mutex mutex;
  std::map<int, Queue> queues;
};
PinnedPieces& pieces() {
  static auto* instance = new PinnedPieces;
  return *instance;
}

}  // namespace

bool owns_pool(Device device) { return !device.is_cpu() || (device.type == MX_CPU_PINNED && count() > 0); }

void* allocate(size_t bytes, Device device) {
  return with_pool(device, [&](auto& pool) { return bytes ? pool.allocate(bytes) : nullptr; });
}
void release(void* data, size_t bytes, Device device, std::vector<Use> uses) {
  if (data) with_pool(device, [&](auto& pool) { pool.release({data, std::move(uses)}, bytes); });
}
MXMemoryInfo info(Device device) {
  return with_pool(device, [](auto& pool) { return pool.info(); });
}
void empty_cache(Device device) {
  with_pool(device, [](auto& pool) { pool.trim(0); });
}
void set_limit(Device device, int64_t bytes) {
  with_pool(device, [&](auto& pool) { pool.set_limit(bytes); });
}
bool owns(const void* data) { return ranges().contain(data); }

Pinned::Pinned(int device) : device_(device) {
  const MXPlugin& p = plugin();
  std::lock_guard lock(pieces().mutex);
  PinnedPieces::Queue& queue = pieces().queues[device];
  if (!queue.idle.empty()) {
    Piece& oldest = queue.idle.front();
    int passed = 1;
    if (oldest.event) check(p.event_passed(device, oldest.event, &passed), "copy", device);
    if (passed || queue.made >= PinnedPieces::kMost) {
      if (!passed) check(p.event_synchronize(device, oldest.event), "copy", device);
      piece_ = oldest;
      queue.idle.pop_front();
      return;
    }
  }
  check(p.allocate_pinned(kBytes, &piece_.data), "copy", device);
  ++queue.made;
}

void Pinned::release_after(const Stream& stream) {
  const MXPlugin& p = plugin();
  if (!piece_.event) check(p.event_create(device_, &piece_.event), "copy", device_);
  check(p.event_record(device_, piece_.event, stream.handle), "copy", device_);
}

Pinned::~Pinned() {
  std::lock_guard lock(pieces().mutex);
  pieces().queues[device_].idle.push_back(piece_);
}

}  // namespace mx::device
