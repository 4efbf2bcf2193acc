// Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): counter-based, so that any
// thread can compute any part of a sequence.
#pragma once
#include <atomic>
#include <cstdint>

#include "storage/storage.h"

namespace mx {

struct PhiloxKey {
  uint64_t seed, offset;  // offset: in blocks of four 32-bit numbers
};

class PhiloxGenerator {
 public:
  PhiloxGenerator() = default;
  // Will reserve what the other one would.
  PhiloxGenerator(const PhiloxGenerator& other) : seed_(other.seed_.load()), next_(other.next_.load()) {}
  void seed(uint64_t seed) { seed_ = seed, next_ = 0; }
  // A stretch of `blocks` blocks that nobody else gets.
  PhiloxKey reserve(uint64_t blocks) { return {seed_.load(), next_.fetch_add(blocks)}; }

 private:
  std::atomic<uint64_t> seed_{0}, next_{0};
};

PhiloxGenerator& generator(Device device);
// Every device, each with a sequence of its own.
void seed_all(uint64_t seed);
// One device; equal seeds give equal numbers whatever its id.
void seed_device(uint64_t seed, Device device);

}  // namespace mx
