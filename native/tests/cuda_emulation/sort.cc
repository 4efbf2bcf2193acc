// Stands where cuda/sort.cu stands, which is CUB's: plain loops in one thread of the stream.
#include "mx/cuda/sort.h"

#include <algorithm>
#include <vector>

namespace mx::MX_ISA {
namespace {

template <class Key>
void sort_kernel(SortedPairs<Key> p, int64_t rows, int64_t n, int bits) {
  using Bits = std::make_unsigned_t<Key>;
  // CUB takes the sign into account where the highest bit is among those that count.
  const Bits mask = bits < int(8 * sizeof(Key)) ? (Bits(1) << bits) - 1 : ~Bits(0),
             sign = mask == ~Bits(0) ? Bits(1) << (bits - 1) : 0;
  std::vector<int64_t> order(static_cast<size_t>(n));
  for (int64_t row = 0; row < rows; ++row) {
    const Key* const keys = p.keys + row * n;
    for (int64_t i = 0; i < n; ++i) order[static_cast<size_t>(i)] = i;
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return ((Bits(keys[a]) & mask) ^ sign) < ((Bits(keys[b]) & mask) ^ sign);
    });
    for (int64_t i = 0; i < n; ++i) {
      const int64_t from = order[static_cast<size_t>(i)];
      p.sorted[row * n + i] = keys[from], p.moved[row * n + i] = p.values[row * n + from];
    }
  }
}

void select_kernel(const uint8_t* flags, int64_t n, int64_t* places, int64_t* count) {
  *count = 0;
  for (int64_t i = 0; i < n; ++i)
    if (flags[i]) places[(*count)++] = i;
}

}  // namespace

template <class Key>
int sort_pairs(const MXBlock* block, const SortedPairs<Key>& pairs, int64_t rows, int64_t n, int bits) {
  if (rows * n >= int64_t{1} << 31) return fail("a sort of 2^31 keys or more");
  return launch(block, sort_kernel<Key>, 1, 1, 0, pairs, rows, n, bits);
}
template int sort_pairs(const MXBlock*, const SortedPairs<int32_t>&, int64_t, int64_t, int);
template int sort_pairs(const MXBlock*, const SortedPairs<int64_t>&, int64_t, int64_t, int);

int select_places(const MXBlock* block, const uint8_t* flags, int64_t n, int64_t* places, int64_t* count) {
  return launch(block, select_kernel, 1, 1, 0, flags, n, places, count);
}

}  // namespace mx::MX_ISA
