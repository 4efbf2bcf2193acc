// What the indexing operators share: indices as int64, rows taken, put and added. All of it runs on devices.
#pragma once
#include <optional>

#include "mx/op.h"
#if defined(MX_PASS_HOST)
#include "mx/op/kernel.h"
#include "mx/op/strided.h"

namespace mx {

// What happens to an index outside of 0..size-1.
enum class OutOfRange : int32_t { kClip, kWrap, kRaise };

// Scratch memory with the indices, made valid for an axis of `size`.
const int64_t* read_indices(const OpContext& ctx, const Tensor& indices, int64_t size, OutOfRange mode);

// An index that is not in low..high-1. On a device the host waits for the answer.
std::optional<int64_t> find_outside(const OpContext& ctx, const Tensor& indices, int64_t low, int64_t high);

// numbers = numbers * size + indices, where negative indices count from the end. Both int64, of one size.
void fold_index(const Tensor& numbers, const Tensor& indices, int64_t size);

// out[o, i, :] = data[o, index[i], :]
void gather(const Tensor& data, const int64_t* index, int64_t count, int64_t outer, int64_t size, int64_t inner,
            const Tensor& out);

// out[index[i], :] = rows[i, :]; of equal indices the last one stays. size: rows of `out`.
void put_last(const OpContext& ctx, const Tensor& rows, const int64_t* index, int64_t count, int64_t size,
              const Tensor& out);

// out[o, index[i], :] += rows[o, i, :] for all o, i; `out` is cleared first. Rows of one index are added in their
// order.
void scatter_add(const OpContext& ctx, const Tensor& rows, const int64_t* index, int64_t count, int64_t outer,
                 int64_t size, int64_t inner, const Tensor& out);

}  // namespace mx
#endif
