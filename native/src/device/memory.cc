#include "device/memory.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <shared_mutex>

#include "device/plugin.h"
#include "mx/base/error.h"
#include "storage/size_class.h"

namespace mx::device {
namespace {

constexpr size_t kSmallest = 512;

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

class Pool {
 public:
  explicit Pool(int device) : device_(device) {
    if (const char* limit = std::getenv("MX_MEM_POOL_LIMIT")) limit_ = std::atoll(limit);
  }

  void* allocate(size_t bytes) {
    const size_t rounded = storage::size_class(bytes, kSmallest);
    Stream& stream = Stream::current(device_);
    Block block;
    {
      std::lock_guard lock(mutex_);
      ++info_.allocations;
      account(static_cast<int64_t>(rounded));
      block = take(free_[rounded], stream);
      if (block.data) ++info_.hits, info_.cached -= static_cast<int64_t>(rounded);
    }
    try {
      if (!block.data) return fresh(rounded, bytes);
      for (const Use& use : block.uses) stream.wait(*use.stream, use.ticket);
    } catch (...) {
      std::lock_guard lock(mutex_);
      account(-static_cast<int64_t>(rounded));
      throw;
    }
    return block.data;
  }

  void release(void* data, size_t bytes, std::vector<Use> uses) {
    const size_t rounded = storage::size_class(bytes, kSmallest);
    Block block{data, std::move(uses)};
    {
      std::lock_guard lock(mutex_);
      account(-static_cast<int64_t>(rounded));
      if (limit_ < 0 || info_.cached + static_cast<int64_t>(rounded) <= limit_) {
        free_[rounded].push_back(std::move(block));
        info_.cached += static_cast<int64_t>(rounded);
        return;
      }
    }
    give_back(block);
  }

  // Largest blocks first: they are the ones worth giving back.
  void trim(int64_t keep) {
    std::vector<Block> doomed;
    {
      std::lock_guard lock(mutex_);
      for (auto it = free_.rbegin(); it != free_.rend() && info_.cached > keep; ++it)
        while (!it->second.empty() && info_.cached > keep) {
          doomed.push_back(std::move(it->second.back()));
          it->second.pop_back();
          info_.cached -= static_cast<int64_t>(it->first);
        }
    }
    for (const Block& block : doomed) give_back(block);
  }

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
  struct Block {
    void* data = nullptr;
    std::vector<Use> uses;
  };

  // Preferably one that this stream need not wait for.
  static Block take(std::deque<Block>& blocks, const Stream& stream) {
    if (blocks.empty()) return {};
    auto chosen = std::find_if(blocks.rbegin(), blocks.rend(), [&](const Block& block) {
      return std::all_of(block.uses.begin(), block.uses.end(),
                         [&](const Use& use) { return use.stream == &stream || use.stream->passed(use.ticket); });
    });
    auto at = chosen == blocks.rend() ? blocks.begin() : std::prev(chosen.base());
    Block block = std::move(*at);
    blocks.erase(at);
    return block;
  }

  void* fresh(size_t rounded, size_t asked) {
    const MXPlugin& p = plugin();
    void* data = nullptr;
    int status = p.allocate(device_, rounded, &data);
    if (status == 2) {  // what the cache keeps may be what is missing
      trim(0);
      status = p.allocate(device_, rounded, &data);
    }
    MX_CHECK(status != 2, kMemory, "[storage] gpu(", device_, ") has no memory for ", asked, " bytes; ", info().used,
             " bytes are in use by arrays");
    check(status, "storage", device_);
    ranges().add(data, rounded);
    return data;
  }

  void give_back(const Block& block) {
    ranges().remove(block.data);
    // A failure here is one of earlier work, which its own waits report.
    for (const Use& use : block.uses) try {
        use.stream->synchronize(use.ticket, "storage");
      } catch (const Error&) {
      }
    plugin().release(device_, block.data);
  }

  void account(int64_t bytes) {
    info_.used += bytes;
    info_.peak = std::max(info_.peak, info_.used);
  }

  const int device_;
  std::mutex mutex_;
  std::map<size_t, std::deque<Block>> free_;
  MXMemoryInfo info_{};
  int64_t limit_ = -1;
};

// Arrays may outlive static destruction.
Pool& pool(int device) {
  static std::mutex mutex;
  static auto* pools = new std::map<int, std::unique_ptr<Pool>>;
  check_id(device);
  std::lock_guard lock(mutex);
  auto& pool = (*pools)[device];
  if (!pool) pool = std::make_unique<Pool>(device);
  return *pool;
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

void* allocate(size_t bytes, int device) {
  Pool& p = pool(device);
  return bytes ? p.allocate(bytes) : nullptr;
}
void release(void* data, size_t bytes, int device, std::vector<Use> uses) {
  if (data) pool(device).release(data, bytes, std::move(uses));
}
MXMemoryInfo info(int device) { return pool(device).info(); }
void empty_cache(int device) { pool(device).trim(0); }
void set_limit(int device, int64_t bytes) { pool(device).set_limit(bytes); }
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
