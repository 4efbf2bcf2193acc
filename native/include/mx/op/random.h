// Random numbers for operators: Philox 4x32-10, a function of a key and a counter, so that any thread can compute any
// part and the numbers don't depend on threads or instruction sets. Element i of a fill comes from word i of the
// sequence (float64: from words 2i and 2i + 1).
#pragma once
#include <cstdint>

#include "mx/op.h"
#include "mx/op/math.h"

namespace mx::MX_ISA {

inline constexpr int kPhiloxLanes = 16;  // counters worked on together, for vectors

// Four words for each counter first, first + 1 ...: words[4 i + j]. Every counter has 2^32 blocks of words.
template <int kLanes = kPhiloxLanes>
MX_XPU void philox(uint64_t seed, uint64_t first, uint32_t* words, uint32_t block = 0) {
  uint32_t c0[kLanes], c1[kLanes], c2[kLanes], c3[kLanes];
  for (int i = 0; i < kLanes; ++i) {
    const uint64_t counter = first + static_cast<uint64_t>(i);
    c0[i] = static_cast<uint32_t>(counter), c1[i] = static_cast<uint32_t>(counter >> 32), c2[i] = block, c3[i] = 0;
  }
  uint32_t k0 = static_cast<uint32_t>(seed), k1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < kLanes; ++i) {
      const uint64_t a = uint64_t{0xD2511F53} * c0[i], b = uint64_t{0xCD9E8D57} * c2[i];
      const uint32_t n0 = static_cast<uint32_t>(b >> 32) ^ c1[i] ^ k0, n2 = static_cast<uint32_t>(a >> 32) ^ c3[i] ^ k1;
      c1[i] = static_cast<uint32_t>(b), c3[i] = static_cast<uint32_t>(a);
      c0[i] = n0, c2[i] = n2;
    }
    k0 += 0x9E3779B9, k1 += 0xBB67AE85;
  }
  for (int i = 0; i < kLanes; ++i)
    words[4 * i] = c0[i], words[4 * i + 1] = c1[i], words[4 * i + 2] = c2[i], words[4 * i + 3] = c3[i];
}

// [0, 1), with all the digits of the type.
MX_XPU float unit_interval(uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }
MX_XPU double unit_interval(uint32_t high, uint32_t low) {
  return static_cast<double>((uint64_t{high} << 32 | low) >> 11) * 0x1p-53;
}

}  // namespace mx::MX_ISA

#if defined(MX_PASS_HOST)
#include "mx/op/kernel.h"

namespace mx {
// out[...] of any floating dtype; each takes as much of the generator's sequence as it needs.
void fill_uniform(PhiloxGenerator& random, const Tensor& out, double low = 0, double high = 1);
void fill_normal(PhiloxGenerator& random, const Tensor& out, double mean = 0, double deviation = 1);
void fill_bits(PhiloxGenerator& random, uint32_t* out, int64_t count);
}  // namespace mx
#endif
