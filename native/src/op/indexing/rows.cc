#include "rows.h"

#include "mx/op/reduce.h"

namespace mx {
struct IndexLimits {
  int64_t low, high;  // valid: low <= index < high
};
}  // namespace mx

namespace mx::MX_ISA {

struct WithLimits {
  IndexLimits limits;
  explicit MX_XPU WithLimits(const LoopArgs& args) : limits(*static_cast<const IndexLimits*>(args.params)) {}
};
struct IndexClip : WithLimits {
  using WithLimits::WithLimits;
  template <class T>
  MX_XPU T operator()(T i) const {
    return i < limits.low ? limits.low : i >= limits.high ? limits.high - 1 : i;
  }
};
struct IndexWrap : WithLimits {
  using WithLimits::WithLimits;
  template <class T>
  MX_XPU T operator()(T i) const {
    const T rest = i % limits.high;
    return rest < 0 ? rest + limits.high : rest;
  }
};
// One of the indices that are not valid, or kNone.
struct IndexOutside : WithLimits {
  using WithLimits::WithLimits;
  static constexpr int64_t kNone = INT64_MIN;
  template <class T>
  MX_XPU static T identity() {
    return kNone;
  }
  template <class T>
  MX_XPU T map(T i) const {
    return i >= limits.low && i < limits.high ? kNone : i == kNone ? kNone + 1 : i;
  }
  template <class T>
  MX_XPU T combine(T a, T b) const {
    return a != kNone ? a : b;
  }
};
// The number of a block, from that of the axes before and the coordinate along one more.
struct IndexFold : WithLimits {
  using WithLimits::WithLimits;
  template <class T>
  MX_XPU T operator()(T number, T i) const {
    return number * limits.high + (i < 0 ? i + limits.high : i);
  }
};

}  // namespace mx::MX_ISA

MX_KERNELS(index_clip, Elementwise<IndexClip>, int64_t)
MX_KERNELS(index_wrap, Elementwise<IndexWrap>, int64_t)
MX_KERNELS(index_fold, Elementwise<IndexFold>, int64_t)
MX_KERNELS(index_outside, Reduce<IndexOutside>, int64_t)
#if defined(MX_PASS_CUDA)
#include "mx/cuda/gather.h"
#include "mx/cuda/scatter.h"
#include "mx/cuda/sort.h"
MX_DEVICE_KERNELS(gather, Gather, uint8_t, float16, int32_t, int64_t)
MX_DEVICE_KERNELS(sort_keys, SortKeys, int32_t)
MX_DEVICE_KERNELS(scatter_sum, ScatterSum, float, double, int32_t, int64_t)
MX_DEVICE_KERNELS(scatter_last, ScatterLast, uint8_t, float16, int32_t, int64_t)
#endif

#if defined(MX_PASS_HOST)
#include <algorithm>
#include <cstring>

#include "device/blocks.h"
#include "engine/threads.h"

namespace mx {

std::optional<int64_t> find_outside(const OpContext& ctx, const Tensor& indices, int64_t low, int64_t high) {
  constexpr int64_t kNone = INT64_MIN;
  if (indices.size() == 0) return {};
  const IndexLimits limits{low, high};
  const OpContext with{ctx.op, &limits, ctx.in, ctx.out};
  const Tensor outside{ctx.workspace(sizeof(int64_t)), {1}, DType::kInt64};
  run_reduce(with, get_kernel("index_outside"), indices, outside, (1u << indices.shape.ndim) - 1);
  int64_t found = kNone;
  if (device::current())
    device::read(outside.data, &found, sizeof found);
  else
    found = *outside.as<int64_t>();
  if (found == kNone) return {};
  return found;
}

void fold_index(const Tensor& numbers, const Tensor& indices, int64_t size) {
  const IndexLimits limits{0, size};
  const Tensor in[] = {numbers, indices};
  run_elementwise(get_kernel("index_fold"), in, {&numbers, 1}, &limits);
}

const int64_t* read_indices(const OpContext& ctx, const Tensor& indices, int64_t size, OutOfRange mode) {
  const int64_t n = indices.size();
  MX_CHECK(size > 0 || n == 0, kIndex, "[", ctx.op.name, "] there is nothing to take from an axis of size 0");
  const Tensor from{indices.data, {n}, indices.dtype},
      index{ctx.workspace(static_cast<size_t>(n) * sizeof(int64_t)), {n}, DType::kInt64};
  const IndexLimits limits{0, size};
  const char* const kernel = mode == OutOfRange::kClip   ? "index_clip"
                             : mode == OutOfRange::kWrap ? "index_wrap"
                                                         : "copy";
  run_elementwise(get_kernel(kernel), {&from, 1}, {&index, 1}, &limits);
  if (mode == OutOfRange::kRaise) {
    const auto outside = find_outside(ctx, index, 0, size);
    MX_CHECK(!outside, kIndex, "[", ctx.op.name, "] index ", *outside, " is out of range for an axis of size ", size);
  }
  return index.as<int64_t>();
}

// Rows of a number each. T is any type of that size.
template <class T>
static void gather_numbers(const Tensor& data, const int64_t* index, int64_t count, int64_t outer, int64_t size,
                           const Tensor& out) {
  engine::parallel_for(outer * count, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end;) {
      const int64_t row = at / count, stop = std::min(end, (row + 1) * count);
      const T* const from = static_cast<const T*>(data.data) + row * size;
      T* const to = static_cast<T*>(out.data) + row * count;
      for (int64_t i = at - row * count; i < stop - row * count; ++i) to[i] = from[index[i]];
      at = stop;
    }
  });
}

void gather(const Tensor& data, const int64_t* index, int64_t count, int64_t outer, int64_t size, int64_t inner,
            const Tensor& out) {
  if (device::current()) {
    StridedCopy copy;
    copy.axis(outer, size * inner, count * inner);
    copy.axis(count, 0, inner);
    copy.axis(inner, 1, 1);
    const int64_t index_strides[] = {0, 1, 0};
    return device::run_gather(copy, index_strides, data, index, out, inner, size, false);
  }
  const size_t bytes = static_cast<size_t>(inner) * size_of(out.dtype);
  switch (bytes) {
    case 1:
      return gather_numbers<uint8_t>(data, index, count, outer, size, out);
    case 2:
      return gather_numbers<uint16_t>(data, index, count, outer, size, out);
    case 4:
      return gather_numbers<uint32_t>(data, index, count, outer, size, out);
    case 8:
      return gather_numbers<uint64_t>(data, index, count, outer, size, out);
    default:
      break;
  }
  engine::parallel_for(outer * count, kGrain / (inner + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      std::memcpy(element_at(out, row * inner), element_at(data, (row / count * size + index[row % count]) * inner),
                  bytes);
  });
}

void put_last(const OpContext& ctx, const Tensor& rows, const int64_t* index, int64_t count, int64_t size,
              const Tensor& out) {
  const int64_t inner = count ? rows.size() / count : 0;
  if (device::current()) {
    if (inner) device::run_scatter(device::sort_keys(ctx, index, count, size), rows, out, 1, size, inner, true);
    return;
  }
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(element_at(out, index[i] * inner), element_at(rows, i * inner),
                static_cast<size_t>(inner) * size_of(out.dtype));
}

void scatter_add(const OpContext& ctx, const Tensor& rows, const int64_t* index, int64_t count, int64_t outer,
                 int64_t size, int64_t inner, const Tensor& out) {
  if (device::current()) {
    fill_zeros(out);
    if (outer * count * inner == 0) return;
    return device::run_scatter(device::sort_keys(ctx, index, count, size), rows, out, outer, size, inner, false);
  }
  const Kernel& add = get_kernel("add");
  const DType lane = add.lane(out.dtype);
  const Loop loop = add.loop(lane);
  // Half types are summed in float32, hence the detour over arrays of the lane.
  Tensor from = rows, to = out;
  if (lane != out.dtype) {
    from = {ctx.workspace(static_cast<size_t>(rows.size()) * size_of(lane)), rows.shape, lane};
    to = {ctx.workspace(static_cast<size_t>(out.size()) * size_of(lane)), out.shape, lane};
    convert(rows.data, rows.dtype, from.data, lane, rows.size());
  }
  fill_zeros(to);
  // Threads share the columns, so that sums keep their order.
  constexpr int64_t kWidth = 256;
  const int64_t strips = (inner + kWidth - 1) / kWidth;
  engine::parallel_for(outer * strips, kGrain / (count * (inner < kWidth ? inner : kWidth) + 1) + 1,
                       [&](int64_t begin, int64_t end) {
                         for (int64_t task = begin; task < end; ++task) {
                           const int64_t o = task / strips, left = task % strips * kWidth;
                           const int64_t n = inner - left < kWidth ? inner - left : kWidth;
                           for (int64_t i = 0; i < count; ++i) {
                             void* sum = element_at(to, (o * size + index[i]) * inner + left);
                             const void* in[] = {sum, element_at(from, (o * count + i) * inner + left)};
                             loop(&sum, in, n, LoopArgs{});
                           }
                         }
                       });
  if (to.data != out.data) convert(to.data, lane, out.data, out.dtype, out.size());
}

}  // namespace mx
#endif
