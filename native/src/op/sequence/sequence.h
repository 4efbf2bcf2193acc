// What the operators on batches of sequences of different lengths share.
#pragma once
#include "mx/op.h"

namespace mx {

// What kernels of devices are told: n elements of sequences whose first axis is the time, or the batch.
struct SequenceSteps {
  int64_t n, time, batch, rest;
  bool time_first;

  template <class N>
  struct Place {
    N step, sequence, within;
  };
  template <class N>
  MX_XPU Place<N> place(N i) const {
    const N row = i / N(rest), outer = row / N(time_first ? batch : time),
            inner = row - outer * N(time_first ? batch : time);
    return {time_first ? outer : inner, time_first ? inner : outer, i - row * N(rest)};
  }
  template <class N>
  MX_XPU int64_t offset(int64_t step, N sequence, N within) const {
    return (time_first ? step * batch + sequence : sequence * time + step) * rest + within;
  }
  // lengths: int64, or null where all steps count.
  template <class N>
  MX_XPU int64_t length(const int64_t* lengths, N sequence) const {
    return lengths ? lengths[sequence] : time;
  }
};

}  // namespace mx

#if defined(MX_PASS_HOST)
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
  SequenceSteps steps(int64_t n) const { return {n, time, batch, rest, sequence == 1}; }
};

// Checks the axis and the rank of the data, and gives the lengths their shape.
void infer_sequences(const InferShape& s, int32_t axis, size_t lengths);
// The lengths may have any dtype.
void infer_sequence_dtypes(const InferDType& t, size_t lengths);
// Scratch memory with a length for every sequence: what `lengths` says, or the whole time where it is null.
const int64_t* read_lengths(const OpContext& ctx, const Sequences& s, const Tensor* lengths);
// The same on a device, where null stays null. Raises kIndex for lengths that are not in lowest..s.time.
Tensor device_lengths(const OpContext& ctx, const Sequences& s, const Tensor* lengths, std::optional<int64_t> lowest);

template <class P>
int count_sequence_inputs(const void* params) {
  return static_cast<const P*>(params)->use_sequence_length ? 2 : 1;
}
inline const Tensor* lengths_of(const OpContext& ctx, size_t input) {
  return ctx.in.size() > input ? &ctx.in[input] : nullptr;
}

}  // namespace mx
#endif
