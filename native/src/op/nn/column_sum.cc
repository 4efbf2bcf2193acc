#include "mx/op.h"

#if defined(MX_ISA)
namespace mx::MX_ISA {

struct ColumnSum {
  // extra: rows, row stride. n columns.
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    constexpr int kBlock = 64;
    const T* data = static_cast<const T*>(in[0]);
    T* sums = static_cast<T*>(out[0]);
    const int64_t rows = args.extra[0], stride = args.extra[1];
    for (int64_t from = 0; from < n; from += kBlock) {
      const int64_t width = n - from < kBlock ? n - from : kBlock;
      T sum[kBlock];
      for (int64_t j = 0; j < width; ++j) sum[j] = 0;
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < width; ++j) sum[j] += data[i * stride + from + j];
      for (int64_t j = 0; j < width; ++j) sums[from + j] = sum[j];
    }
  }
};

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(column_sum, ColumnSum, float, double)

#if defined(MX_PASS_HOST)
#include <algorithm>

#include "device/blocks.h"
#include "engine/threads.h"
#include "op/nn/column_sum.h"
#include "op/nn/floats.h"

namespace mx {

void column_sum(const OpContext& context, const void* data, int64_t rows, int64_t columns, DType dtype, void* out) {
  const Shape matrix = {rows, columns};
  if (device::current()) {
    const Kernel& sum = get_kernel("sum");
    return device::run_reduce(sum, sum.lane(dtype), {const_cast<void*>(data), matrix, dtype}, {out, {columns}, dtype},
                              1u << 0, nullptr);
  }
  const Floats from = read_floats(context, {const_cast<void*>(data), matrix, dtype});
  const Floats sums = write_floats(context, {out, {columns}, dtype});
  const Loop loop = find_loop("column_sum", from.dtype);
  const auto size = static_cast<int64_t>(size_of(from.dtype));
  engine::parallel_for(columns, std::max<int64_t>(64, (1 << 16) / std::max<int64_t>(1, rows)),
                       [&](int64_t begin, int64_t end) {
                         void* to[] = {sums.data + begin * size};
                         const void* in[] = {from.data + begin * size};
                         const int64_t extra[] = {rows, columns};
                         loop(to, in, end - begin, {.extra = extra});
                       });
  sums.finish();
}

}  // namespace mx
#endif
