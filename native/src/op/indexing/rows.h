// What the indexing operators share: indices as int64, and adding rows where indices repeat.
#pragma once
#include "mx/op/kernel.h"
#include "mx/op/strided.h"

namespace mx {

// What happens to an index outside of 0..size-1.
enum class OutOfRange : int32_t { kClip, kWrap, kRaise };

// Scratch memory with the indices, made valid for an axis of `size`.
const int64_t* read_indices(const OpContext& ctx, const Tensor& indices, int64_t size, OutOfRange mode);

// out[o, index[i], :] += rows[o, i, :] for all o, i; `out` is cleared first. Rows of one index are added in their
// order.
void scatter_add(const OpContext& ctx, const Tensor& rows, const int64_t* index, int64_t count, int64_t outer,
                 int64_t size, int64_t inner, const Tensor& out);

}  // namespace mx
