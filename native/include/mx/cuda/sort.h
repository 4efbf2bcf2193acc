// Sorts of keys. What CUB does stands in sort.cu; the emulation has plain loops in its place.
#pragma once
#include "mx/cuda/launch.h"
#include "mx/cuda/register.h"

namespace mx::MX_ISA {

// Rows of n keys, each in ascending order by its lowest `bits`, and the values along with them; equal keys keep their
// order. rows * n < 2^31.
template <class Key>
struct SortedPairs {
  const Key* keys;
  Key* sorted;
  const int32_t* values;
  int32_t* moved;
};
template <class Key>  // int32_t or int64_t
int sort_pairs(const MXBlock* block, const SortedPairs<Key>& pairs, int64_t rows, int64_t n,
               int bits = 8 * sizeof(Key));

// The places of the flags that are not zero, and how many there are.
int select_places(const MXBlock* block, const uint8_t* flags, int64_t n, int64_t* places, int64_t* count);

// The place of each of n elements within its row.
template <class Place>
__global__ void __launch_bounds__(kThreads) places_kernel(Place* places, int64_t n, int64_t row) {
  const int64_t step = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) places[i] = Place(i % row);
}

struct SortKeys {};
template <>
struct DeviceBlock<SortKeys> {
  static constexpr int kKind = MX_BLOCK_SORT;
  template <class T>
  static int run(const MXBlock* block) {
    const int64_t n = block->ndim ? block->dims[0] : 1;
    int bits = 1;  // of the largest key
    while (bits < 31 && (int64_t{1} << bits) < block->extra[0]) ++bits;
    auto* const places = static_cast<int32_t*>(block->workspace(block->context, size_t(n) * sizeof(int32_t)));
    if (!places) return 2;
    const int failed = launch(block, places_kernel<int32_t>, grid_for(n), kThreads, 0, places, n, n);
    if (failed) return failed;
    return sort_pairs(block,
                      SortedPairs<T>{static_cast<const T*>(block->in[0].data), static_cast<T*>(block->out[0].data),
                                     places, static_cast<int32_t*>(block->out[1].data)},
                      1, n, bits);
  }
};

}  // namespace mx::MX_ISA
