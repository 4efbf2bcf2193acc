#include <cstring>
#include <numeric>

#include "base/random.h"
#include "device/scope.h"
#include "engine/threads.h"
#include "mx/op.h"
#include "mx/op/random.h"
#include "mx/op/strided.h"
#include "op/indexing/rows.h"
#include "op/sort/order.h"

namespace mx {
namespace {

// Every order is equally likely: each entry, from the last one on, changes places with one of those that are left.
template <class T>
void shuffle(const OpContext& ctx, T* entries, int64_t n) {
  auto* bits = static_cast<uint32_t*>(ctx.workspace(static_cast<size_t>(n) * 8));
  fill_bits(*ctx.random, bits, 2 * n);
  for (int64_t i = n - 1; i > 0; --i) {
    const uint64_t word = uint64_t{bits[2 * i]} << 32 | bits[2 * i + 1];
    const auto other = static_cast<int64_t>(static_cast<unsigned __int128>(word) * static_cast<uint64_t>(i + 1) >> 64);
    std::swap(entries[i], entries[other]);
  }
}

void shuffle_rows(const OpContext& ctx, int64_t n, int64_t row) {
  auto* order = static_cast<int64_t*>(ctx.workspace(static_cast<size_t>(n) * sizeof(int64_t)));
  std::iota(order, order + n, 0);
  shuffle(ctx, order, n);
  const size_t bytes = static_cast<size_t>(row) * size_of(ctx.in[0].dtype);
  engine::parallel_for(n, kGrain / (row + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      std::memcpy(element_at(ctx.out[0], i * row), element_at(ctx.in[0], order[i] * row), bytes);
  });
}

// In the order of random numbers of 64 bits: that two are equal does not happen.
void shuffle_on_device(const OpContext& ctx, int64_t n, int64_t row) {
  const Tensor keys{ctx.workspace(static_cast<size_t>(n) * 8), {n}, DType::kInt64},
      index{ctx.workspace(static_cast<size_t>(n) * 8), {n}, DType::kInt64};
  fill_bits(*ctx.random, keys.as<uint32_t>(), 2 * n);
  const Tensor order = order_rows_on_device(ctx, keys, 1, n, true);
  convert(order.data, order.dtype, index.data, index.dtype, n);
  gather(ctx.in[0], index.as<int64_t>(), n, 1, n, row, ctx.out[0]);
}

}  // namespace

MX_OPERATOR(_shuffle) {
  op.describe("The entries along the first axis in random order.")
      .alias("shuffle")
      .input("data", "The array.")
      .uses_random()
      .no_gradient()
      .infer_shape(same_shape)
      .portable_forward([](const OpContext& ctx) {
        const Tensor &data = ctx.in[0], &out = ctx.out[0];
        if (data.size() == 0) return;
        const int64_t n = data.shape[0], row = data.size() / n;
        if (device::current()) return shuffle_on_device(ctx, n, row);
        if (row > 1) return shuffle_rows(ctx, n, row);
        copy_flat(data, out);
        switch (size_of(data.dtype)) {
          case 1:
            return shuffle(ctx, out.as<uint8_t>(), n);
          case 2:
            return shuffle(ctx, out.as<uint16_t>(), n);
          case 4:
            return shuffle(ctx, out.as<uint32_t>(), n);
          default:
            return shuffle(ctx, out.as<uint64_t>(), n);
        }
      });
}

}  // namespace mx
