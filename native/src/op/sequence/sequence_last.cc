#include "op/sequence/sequence.h"

namespace mx {
struct SequenceLastStep : SequenceSteps {
  bool back;
  template <class T, class N, class Arrays>
  MX_XPU void operator()(N i, const Arrays& a) const {
    const int64_t* const lengths = a.template from<int64_t>(1);
    if (back) {
      const auto p = place(i);
      const bool last = int64_t(p.step) == length(lengths, p.sequence) - 1;
      a.to(0)[i] = last ? a.from(0)[p.sequence * N(rest) + p.within] : T{};
    } else {
      const N sequence = i / N(rest), within = i - sequence * N(rest);
      a.to(0)[i] = a.from(0)[offset(length(lengths, sequence) - 1, sequence, within)];
    }
  }
};
}  // namespace mx

#if defined(MX_PASS_CUDA)
#include "mx/cuda/each.h"
MX_DEVICE_KERNELS(sequence_last, Each<SequenceLastStep>, uint8_t, float16, int32_t, int64_t)
#endif

#if defined(MX_PASS_HOST)
#include <cstring>

#include "device/dense.h"
#include "engine/threads.h"

namespace mx {
namespace {

void run_on_device(const OpContext& ctx, const Sequences& s, const Tensor* lengths, bool back) {
  const SequenceLastStep step{s.steps(ctx.out[0].size()), back};
  device::run_dense("sequence_last", device::word_of(ctx.out[0].dtype), {ctx.in[0], device_lengths(ctx, s, lengths, 1)},
                    {ctx.out[0]}, &step);
}

// visit(offset in the data, offset in the result) for the last step of every sequence.
template <class Visit>
void each_last(const OpContext& ctx, const Sequences& s, const Tensor* lengths, Visit visit) {
  const int64_t* length = read_lengths(ctx, s, lengths);
  for (int64_t b = 0; b < s.batch; ++b)
    MX_CHECK(length[b] >= 1 && length[b] <= s.time, kIndex, "[", ctx.op.name, "] sequence_length[", b, "] is ",
             length[b], ", but must be 1 to ", s.time, ", the number of steps");
  engine::parallel_for(s.batch, kGrain / (s.rest + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) visit(s.at(length[b] - 1, b), b * s.rest);
  });
}

}  // namespace

MX_OPERATOR(SequenceLast) {
  op.describe("The last step of every sequence of a batch.")
      .input("data", "The sequences, (time, batch, ...), or (batch, time, ...) with axis 1.")
      .optional_input("sequence_length", "How many steps of each sequence count, (batch,); 1 or more.")
      .params<SequenceParam>()
      .num_inputs(count_sequence_inputs<SequenceParam>)
      .infer_shape([](const InferShape& s) {
        const int32_t axis = s.as<SequenceParam>().axis;
        infer_sequences(s, axis, 1);
        if (!s.in[0].rank_known()) return;
        Shape out{s.in[0][1 - axis]};
        for (int i = 2; i < s.in[0].ndim; ++i) out.push_back(s.in[0][i]);
        s.set_output(0, out);
      })
      .infer_dtype([](const InferDType& t) { infer_sequence_dtypes(t, 1); })
      .portable_forward([](const OpContext& ctx) {
        const Sequences s(ctx.as<SequenceParam>().axis, ctx.in[0].shape);
        if (device::current()) return run_on_device(ctx, s, lengths_of(ctx, 1), false);
        const Tensor &data = ctx.in[0], &out = ctx.out[0];
        const size_t bytes = static_cast<size_t>(s.rest) * size_of(data.dtype);
        each_last(ctx, s, lengths_of(ctx, 1),
                  [&](int64_t from, int64_t to) { std::memcpy(element_at(out, to), element_at(data, from), bytes); });
      })
      .gradient([](GradientContext& g) {
        if (g.num_inputs() == 1) return g.set(0, g.call_same("_backward_SequenceLast", {g.head(), g.input(0)}).at(0));
        if (g.wants(0)) g.set(0, g.call_same("_backward_SequenceLast", {g.head(), g.input(0), g.input(1)}).at(0));
        if (g.wants(1)) g.set(1, g.zeros_like(g.input(1)));
      });
}

MX_OPERATOR(_backward_SequenceLast) {
  op.describe("The gradient of SequenceLast.")
      .input("head", "The gradient of the result.")
      .input("data", "Only its shape matters.")
      .optional_input("sequence_length", "How many steps of each sequence count.")
      .params<SequenceParam>()
      .num_inputs([](const void* p) { return 1 + count_sequence_inputs<SequenceParam>(p); })
      .reads([](const void*, size_t input) { return input != 1; })
      .infer_shape([](const InferShape& s) { s.same(1, 0); })
      .infer_dtype([](const InferDType& t) { infer_sequence_dtypes(t, 2); })
      .portable_forward([](const OpContext& ctx) {
        const Tensor &head = ctx.in[0], &out = ctx.out[0];
        const Sequences s(ctx.as<SequenceParam>().axis, out.shape);
        if (device::current()) return run_on_device(ctx, s, lengths_of(ctx, 2), true);
        const size_t bytes = static_cast<size_t>(s.rest) * size_of(out.dtype);
        fill_zeros(out);
        each_last(ctx, s, lengths_of(ctx, 2),
                  [&](int64_t to, int64_t from) { std::memcpy(element_at(out, to), element_at(head, from), bytes); });
      })
      .gradient([](GradientContext& g) {
        if (g.wants(0))
          g.set(0, g.num_inputs() == 2 ? g.call_same("SequenceLast", {g.head()}).at(0)
                                       : g.call_same("SequenceLast", {g.head(), g.input(2)}).at(0));
        for (size_t i = 1; i < g.num_inputs(); ++i)
          if (g.wants(i)) g.set(i, g.zeros_like(g.input(i)));
      });
}

}  // namespace mx
#endif
