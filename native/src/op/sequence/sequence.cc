#include "op/sequence/sequence.h"

#include <algorithm>

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

}  // namespace mx
