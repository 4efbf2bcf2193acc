// What the operators on batches of sequences of different lengths share.
#pragma once
#include "mx/op.h"
#include "mx/op/kernel.h"
#include "mx/op/strided.h"

namespace mx {

struct SequenceParam {
  bool use_sequence_length = false;
  int32_t axis = 0;
  static void fields(auto& f) {
    f.add("use_sequence_length", &SequenceParam::use_sequence_length, "Take the lengths from a second input.");
    f.add("axis", &SequenceParam::axis, "The axis of time: 0 or 1. The other one of the two is the batch.");
  }
};

// data (..time and batch.., rest): the offset of step t of sequence b is (t * step + b * sequence) * rest.
struct Sequences {
  int64_t time, batch, rest, step, sequence;
  Sequences(int32_t axis, const Shape& data)
      : time(data[axis]),
        batch(data[1 - axis]),
        rest(data.size(2, data.ndim)),
        step(axis == 0 ? batch : 1),
        sequence(axis == 0 ? 1 : time) {}
  int64_t at(int64_t t, int64_t b) const { return (t * step + b * sequence) * rest; }
};

// Checks the axis and the rank of the data, and gives the lengths their shape.
void infer_sequences(const InferShape& s, int32_t axis, size_t lengths);
// The lengths may have any dtype.
void infer_sequence_dtypes(const InferDType& t, size_t lengths);
// Scratch memory with a length for every sequence: what `lengths` says, or the whole time where it is null.
const int64_t* read_lengths(const OpContext& ctx, const Sequences& s, const Tensor* lengths);

template <class P>
int count_sequence_inputs(const void* params) {
  return static_cast<const P*>(params)->use_sequence_length ? 2 : 1;
}
inline const Tensor* lengths_of(const OpContext& ctx, size_t input) {
  return ctx.in.size() > input ? &ctx.in[input] : nullptr;
}

}  // namespace mx
