// Stands where cuda/sort.cu stands, which is CUB's: a plain loop in one thread of the stream.
#include <algorithm>
#include <vector>

#include "mx/cuda/launch.h"
#include "mx/cuda/register.h"

namespace mx::MX_ISA {

struct SortKeys {};

inline void sort_kernel(const int32_t* keys, int32_t* sorted, int32_t* from, int32_t n) {
  std::vector<int32_t> order(static_cast<size_t>(n));
  for (int32_t i = 0; i < n; ++i) order[static_cast<size_t>(i)] = i;
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return keys[a] < keys[b]; });
  for (int32_t i = 0; i < n; ++i) {
    from[i] = order[static_cast<size_t>(i)];
    sorted[i] = keys[from[i]];
  }
}

template <>
struct DeviceBlock<SortKeys> {
  static constexpr int kKind = MX_BLOCK_SORT;
  template <class T>
  static int run(const MXBlock* block) {
    const auto n = static_cast<int32_t>(block->ndim ? block->dims[0] : 1);
    return launch(block, sort_kernel, 1, 1, 0, static_cast<const int32_t*>(block->in[0].data),
                  static_cast<int32_t*>(block->out[0].data), static_cast<int32_t*>(block->out[1].data), n);
  }
};

}  // namespace mx::MX_ISA

MX_DEVICE_KERNELS(sort_keys, SortKeys, int32_t)
