#include "op/sequence/sequence.h"

#include <algorithm>

#include "op/indexing/rows.h"

namespace mx {

void infer_sequences(const InferShape& s, int32_t axis, size_t lengths) {
  MX_CHECK(axis == 0 || axis == 1, kValue, "[", s.op.name, "] axis is ", axis, ", but must be 0 or 1");
  const Shape& data = s.in[0];
  if (!data.rank_known()) return;
  MX_CHECK(data.ndim >= 2, kValue, "[", s.op.name, "] data has shape ", data,
           ", but needs axes for the time and the batch");
  if (s.in.size() > lengths) s.set_input(lengths, Shape{data[1 - axis]});
}

void infer_sequence_dtypes(const InferDType& t, size_t lengths) {
  t.set_output(0, t.in[0]);
  t.set_input(0, t.out[0]);
  if (t.in.size() > lengths && t.in[lengths] == DType::kUnknown) t.set_input(lengths, t.in[0]);
}

const int64_t* read_lengths(const OpContext& ctx, const Sequences& s, const Tensor* lengths) {
  auto* const length = static_cast<int64_t*>(ctx.workspace(static_cast<size_t>(s.batch) * sizeof(int64_t)));
  if (lengths)
    convert(lengths->data, lengths->dtype, length, DType::kInt64, s.batch);
  else
    std::fill(length, length + s.batch, s.time);
  return length;
}

Tensor device_lengths(const OpContext& ctx, const Sequences& s, const Tensor* lengths, std::optional<int64_t> lowest) {
  if (!lengths) {
    MX_CHECK(s.time >= lowest.value_or(0), kIndex, "[", ctx.op.name, "] there are no steps");
    return {};
  }
  const Tensor length{const_cast<int64_t*>(read_lengths(ctx, s, lengths)), {s.batch}, DType::kInt64};
  const auto outside = lowest ? find_outside(ctx, length, *lowest, s.time + 1) : std::nullopt;
  MX_CHECK(!outside, kIndex, "[", ctx.op.name, "] a sequence_length is ", *outside, ", but must be ", *lowest, " to ",
           s.time, ", the number of steps");
  return length;
}

}  // namespace mx
