#include <algorithm>
#include <cstring>

#include "device/blocks.h"
#include "engine/threads.h"
#include "mx/op.h"
#include "mx/op/stream.h"
#include "take_param.h"

namespace mx {
namespace {

// Every entry is written once: of those that are replaced, the old ones are not looked at.
void merge(const OpContext& ctx, const int64_t* index) {
  const Tensor &old = ctx.in[0], &fresh = ctx.in[2], &out = ctx.out[0];
  if (out.size() == 0) return;
  const int64_t entries = out.shape[0], count = ctx.in[1].size(), inner = out.size() / entries;
  const size_t bytes = static_cast<size_t>(inner) * size_of(out.dtype);
  auto* const last = static_cast<int64_t*>(ctx.workspace(static_cast<size_t>(entries) * sizeof(int64_t)));
  std::fill_n(last, entries, -1);
  for (int64_t i = 0; i < count; ++i) last[index[i]] = i;
  const bool streaming = bytes >= 1024 && worth_streaming(out.data, static_cast<int64_t>(out.bytes()));
  engine::parallel_for(entries, kGrain / (inner + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const char* const from = last[i] < 0 ? element_at(old, i * inner) : element_at(fresh, last[i] * inner);
      char* const to = element_at(out, i * inner);
      if (from == to) continue;
      if (streaming)
        stream(to, from, static_cast<int64_t>(bytes));
      else
        std::memcpy(to, from, bytes);
    }
    if (streaming) end_stream();
  });
}

}  // namespace

MX_OPERATOR(_contrib_index_copy) {
  op.describe("The first array with some entries along its first axis replaced; of equal indices the last one counts.")
      .input("old_tensor", "The array.")
      .input("index_vector", "The indices of the entries to replace.")
      .input("new_tensor", "The new entries, one for each index.")
      .inplace(0, 0)
      .infer_dtype([](const InferDType& t) {
        t.set_output(0, t.in[0]);
        t.set_input(0, t.out[0]);
        t.set_input(2, t.in[0]);
        if (t.in[1] == DType::kUnknown) t.set_input(1, DType::kInt64);
      })
      .infer_shape([](const InferShape& s) {
        s.same(0, 0);
        const Shape &old = s.in[0], &index = s.in[1];
        if (!old.rank_known()) return;
        MX_CHECK(old.ndim >= 1 && (!index.rank_known() || index.ndim == 1), kValue,
                 "[_contrib_index_copy] index_vector ", index, " must be a vector, and old_tensor ", old,
                 " have an axis");
        Shape fresh = old;
        fresh[0] = index.rank_known() ? index[0] : -1;
        s.set_input(2, fresh);
        if (s.in[2].rank_known()) s.set_input(1, Shape{s.in[2][0]});
      })
      .portable_forward([](const OpContext& ctx) {
        const Tensor &fresh = ctx.in[2], &out = ctx.out[0];
        const int64_t* index = read_indices(ctx, ctx.in[1], out.shape[0], OutOfRange::kRaise);
        if (!device::current()) return merge(ctx, index);
        copy_flat(ctx.in[0], out);
        put_last(ctx, fresh, index, ctx.in[1].size(), out.shape[0], out);
      })
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call("_contrib_index_copy", {g.head(), g.input(1), g.zeros_like(g.input(2))}));
        if (g.wants(1)) g.set(1, g.zeros_like(g.input(1)));
        if (g.wants(2)) g.set(2, g.call("take", {g.head(), g.input(1)}, TakeParam{}));
      });
}

}  // namespace mx
