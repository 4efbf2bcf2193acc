#include "rows.h"

#include "engine/threads.h"

namespace mx {

const int64_t* read_indices(const OpContext& ctx, const Tensor& indices, int64_t size, OutOfRange mode) {
  const int64_t n = indices.size();
  MX_CHECK(size > 0 || n == 0, kIndex, "[", ctx.op.name, "] there is nothing to take from an axis of size 0");
  int64_t* index = static_cast<int64_t*>(ctx.workspace(static_cast<size_t>(n) * sizeof(int64_t)));
  convert(indices.data, indices.dtype, index, DType::kInt64, n);
  for (int64_t i = 0; i < n; ++i) {
    int64_t& at = index[i];
    if (at >= 0 && at < size) continue;
    MX_CHECK(mode != OutOfRange::kRaise, kIndex, "[", ctx.op.name, "] index ", at,
             " is out of range for an axis of size ", size);
    if (mode == OutOfRange::kClip)
      at = at < 0 ? 0 : size - 1;
    else
      at = (at % size + size) % size;
  }
  return index;
}

void scatter_add(const OpContext& ctx, const Tensor& rows, const int64_t* index, int64_t count, int64_t outer,
                 int64_t size, int64_t inner, const Tensor& out) {
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
