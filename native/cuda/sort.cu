// Sorts of keys, by CUB.
#include <cub/device/device_radix_sort.cuh>

#include "mx/cuda/launch.h"
#include "mx/cuda/register.h"

namespace mx::MX_ISA {

struct SortKeys {};

__global__ void __launch_bounds__(kThreads) places_kernel(int32_t* places, int32_t n) {
  for (int32_t i = int32_t(blockIdx.x * blockDim.x + threadIdx.x); i < n; i += int32_t(gridDim.x * blockDim.x))
    places[i] = i;
}

template <>
struct DeviceBlock<SortKeys> {
  static constexpr int kKind = MX_BLOCK_SORT;
  template <class T>
  static int run(const MXBlock* block) {
    const auto n = static_cast<int32_t>(block->ndim ? block->dims[0] : 1);
    const T* const keys = static_cast<const T*>(block->in[0].data);
    T* const sorted = static_cast<T*>(block->out[0].data);
    auto* const from = static_cast<int32_t*>(block->out[1].data);
    int bits = 0;  // of the largest key: sorts by no others
    while (bits < 31 && (int64_t{1} << bits) < block->extra[0]) ++bits;
    size_t bytes = 0;
    int32_t* places = nullptr;
    const auto sort = [&](void* scratch) {
      return cub::DeviceRadixSort::SortPairs(scratch, bytes, keys, sorted, places, from, n, 0, bits ? bits : 1,
                                             static_cast<cudaStream_t>(block->stream));
    };
    cudaError_t error = sort(nullptr);
    if (error != cudaSuccess) return fail("sort", error);
    const size_t room = (size_t(n) * sizeof(int32_t) + 255) / 256 * 256;
    void* const scratch = block->workspace(block->context, room + bytes);
    if (!scratch) return 2;
    places = static_cast<int32_t*>(scratch);
    const int failed = launch(block, places_kernel, grid_for(n), kThreads, 0, places, n);
    if (failed) return failed;
    error = sort(static_cast<char*>(scratch) + room);
    return error == cudaSuccess ? 0 : fail("sort", error);
  }
};

}  // namespace mx::MX_ISA

MX_DEVICE_KERNELS(sort_keys, SortKeys, int32_t)
