// Keeps freed memory for later arrays. One pool for every kind of memory; they differ in where blocks come from.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "mx/base/error.h"
#include "mx/c_api.h"
#include "storage/size_class.h"

namespace mx::storage {

constexpr size_t kLargeBlock = size_t{2} << 20;  // from here on the pool makes room before it asks for more

// Keeps freed blocks for the next array of their size class: at most `limit` bytes of them and, when large blocks are
// asked for that are not there, no more than make one and a half times of what arrays have ever needed at once.
//
// A Memory has
//   kSmallest              the smallest size class, a power of two
//   Block                  a freed block: `data`, and whatever tells when its last users have finished
//   obtain(bytes)          a new block; null where there is no memory
//   give_back(block, bytes)
//   choose(blocks)         the place of the one to use next, of at least one
//   await(block)           before somebody uses it again
//   name()                 for messages
template <class Memory>
class Pool {
 public:
  using Block = typename Memory::Block;

  explicit Pool(Memory memory = {}) : memory_(std::move(memory)) {
    if (const char* limit = std::getenv("MX_MEM_POOL_LIMIT")) limit_ = std::atoll(limit);
  }

  void* allocate(size_t bytes) {
    const size_t rounded = size_class(bytes, Memory::kSmallest);
    const auto size = static_cast<int64_t>(rounded);
    int64_t keep;
    {
      std::unique_lock lock(mutex_);
      auto& blocks = free_[class_index(rounded)];
      if (!blocks.empty()) {
        const auto at = blocks.begin() + static_cast<std::ptrdiff_t>(memory_.choose(blocks));
        Block block = std::move(*at);
        blocks.erase(at);
        ++info_.hits;
        info_.cached -= size;
        hand_out(size);
        lock.unlock();
        return ready(std::move(block), bytes);
      }
      const int64_t used = info_.used + size, peak = std::max(info_.peak, used);
      keep = peak + peak / 2 - used;
    }
    if (rounded >= kLargeBlock) trim(keep);
    void* data = memory_.obtain(rounded);
    if (!data) {  // what the cache keeps may be what is missing
      trim(0);
      data = memory_.obtain(rounded);
    }
    std::lock_guard lock(mutex_);
    if (!data)
      raise(ErrorKind::kMemory, "[storage] ", memory_.name(), " has no memory for ", bytes, " bytes; ", info_.used,
            " bytes are in use by arrays");
    hand_out(size);
    return data;
  }

  void release(Block block, size_t bytes) {
    const size_t rounded = size_class(bytes, Memory::kSmallest);
    const auto size = static_cast<int64_t>(rounded);
    {
      std::lock_guard lock(mutex_);
      info_.used -= size;
      if (limit_ < 0 || info_.cached + size <= limit_) {
        free_[class_index(rounded)].push_back(std::move(block));
        info_.cached += size;
        return;
      }
    }
    memory_.give_back(block, rounded);
  }

  void set_limit(int64_t bytes) {
    {
      std::lock_guard lock(mutex_);
      limit_ = bytes;
    }
    if (bytes >= 0) trim(bytes);
  }

  // Keeps at most so many bytes. Largest blocks first: they are the ones worth giving back.
  void trim(int64_t keep) {
    std::vector<std::pair<Block, size_t>> doomed;
    {
      std::lock_guard lock(mutex_);
      for (size_t i = kClasses; i-- > 0 && info_.cached > keep;)
        while (!free_[i].empty() && info_.cached > keep) {
          doomed.emplace_back(std::move(free_[i].back()), class_bytes(i));
          info_.cached -= static_cast<int64_t>(class_bytes(i));
          free_[i].pop_back();
        }
    }
    for (const auto& [block, bytes] : doomed) memory_.give_back(block, bytes);
  }

  MXMemoryInfo info() {
    std::lock_guard lock(mutex_);
    MXMemoryInfo copy = info_;
    copy.limit = limit_;
    return copy;
  }

  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  static constexpr size_t kClasses = 64 * 4;
  static size_t class_index(size_t rounded) {
    const size_t power = static_cast<size_t>(std::bit_width(rounded)) - 1;
    return power * 4 + (rounded >> (power - 2) & 3);
  }
  static size_t class_bytes(size_t index) { return (4 + index % 4) << (index / 4 - 2); }

  void hand_out(int64_t bytes) {
    ++info_.allocations;
    info_.used += bytes;
    info_.peak = std::max(info_.peak, info_.used);
  }

  void* ready(Block block, size_t bytes) {
    void* const data = block.data;
    try {
      memory_.await(block);
    } catch (...) {
      release(std::move(block), bytes);
      throw;
    }
    return data;
  }

  Memory memory_;
  std::mutex mutex_;
  std::array<std::vector<Block>, kClasses> free_;  // by class_index()
  MXMemoryInfo info_{};
  int64_t limit_ = -1;
};

}  // namespace mx::storage
