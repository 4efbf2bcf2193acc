// Sorts and selections, by CUB.
#include "mx/cuda/sort.h"

#include <thrust/iterator/counting_iterator.h>

#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_segmented_radix_sort.cuh>
#include <cub/device/device_select.cuh>

namespace mx::MX_ISA {
namespace {

// call(scratch, bytes): first asked how many bytes of scratch memory it wants.
template <class Call>
int with_scratch(const MXBlock* block, const char* what, Call call) {
  size_t bytes = 0;
  cudaError_t error = call(nullptr, bytes);
  if (error != cudaSuccess) return fail(what, error);
  void* const scratch = block->workspace(block->context, bytes ? bytes : 1);
  if (!scratch) return 2;
  error = call(scratch, bytes);
  return error == cudaSuccess ? 0 : fail(what, error);
}

// Where a row begins, or, with `after` 1, ends.
struct RowBorder {
  int n, after;
  __host__ __device__ int operator[](int64_t row) const { return (static_cast<int>(row) + after) * n; }
};

}  // namespace

template <class Key>
int sort_pairs(const MXBlock* block, const SortedPairs<Key>& p, int64_t rows, int64_t n, int bits) {
  const auto stream = static_cast<cudaStream_t>(block->stream);
  const int items = static_cast<int>(rows * n), each = static_cast<int>(n);
  // CUB gives a row to one block of threads where there are several: few long ones are better sorted one by one.
  constexpr int64_t kFew = 16;
  if (rows > kFew)
    return with_scratch(block, "sort", [&](void* scratch, size_t& bytes) {
      return cub::DeviceSegmentedRadixSort::SortPairs(scratch, bytes, p.keys, p.sorted, p.values, p.moved, items,
                                                      static_cast<int>(rows), RowBorder{each, 0},
                                                      RowBorder{each, 1}, 0, bits, stream);
    });
  return with_scratch(block, "sort", [&](void* scratch, size_t& bytes) {
    cudaError_t error = cudaSuccess;
    for (int64_t at = 0; at < items && error == cudaSuccess; at += n)
      error = cub::DeviceRadixSort::SortPairs(scratch, bytes, p.keys + at, p.sorted + at, p.values + at, p.moved + at,
                                              each, 0, bits, stream);
    return error;
  });
}
template int sort_pairs(const MXBlock*, const SortedPairs<int32_t>&, int64_t, int64_t, int);
template int sort_pairs(const MXBlock*, const SortedPairs<int64_t>&, int64_t, int64_t, int);

int select_places(const MXBlock* block, const uint8_t* flags, int64_t n, int64_t* places, int64_t* count) {
  return with_scratch(block, "select", [&](void* scratch, size_t& bytes) {
    return cub::DeviceSelect::Flagged(scratch, bytes, thrust::counting_iterator<int64_t>(0), flags, places, count, n,
                                      static_cast<cudaStream_t>(block->stream));
  });
}

}  // namespace mx::MX_ISA
