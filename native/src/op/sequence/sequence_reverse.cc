#include "op/sequence/sequence.h"

namespace mx {
struct SequenceReverseStep : SequenceSteps {
  template <class T, class N, class Arrays>
  MX_XPU void operator()(N i, const Arrays& a) const {
    const auto p = place(i);
    const int64_t end = length(a.template from<int64_t>(1), p.sequence), step = p.step;
    a.to(0)[i] = a.from(0)[offset(step < end ? end - 1 - step : step, p.sequence, p.within)];
  }
};
}  // namespace mx

#if defined(MX_PASS_CUDA)
#include "mx/cuda/each.h"
MX_DEVICE_KERNELS(sequence_reverse, Each<SequenceReverseStep>, uint8_t, float16, int32_t, int64_t)
#endif

#if defined(MX_PASS_HOST)
#include <cstring>

#include "device/dense.h"
#include "engine/threads.h"

namespace mx {

MX_OPERATOR(SequenceReverse) {
  op.describe("Every sequence of a batch with its steps in reverse order; steps after its end stay.")
      .input("data", "The sequences, (time, batch, ...).")
      .optional_input("sequence_length", "How many steps of each sequence count, (batch,).")
      .params<SequenceParam>()
      .num_inputs(count_sequence_inputs<SequenceParam>)
      .infer_shape([](const InferShape& s) {
        const int32_t axis = s.as<SequenceParam>().axis;
        MX_CHECK(axis == 0, kValue, "[SequenceReverse] axis is ", axis, ", but must be 0; swap the axes first");
        s.same(0, 0);
        infer_sequences(s, axis, 1);
      })
      .infer_dtype([](const InferDType& t) { infer_sequence_dtypes(t, 1); })
      .portable_forward([](const OpContext& ctx) {
        const Tensor &data = ctx.in[0], &out = ctx.out[0];
        const Sequences s(0, data.shape);
        if (device::current()) {
          const SequenceReverseStep step{s.steps(out.size())};
          return device::run_dense("sequence_reverse", device::word_of(out.dtype),
                                   {data, device_lengths(ctx, s, lengths_of(ctx, 1), 0)}, {out}, &step);
        }
        const int64_t* length = read_lengths(ctx, s, lengths_of(ctx, 1));
        const size_t bytes = static_cast<size_t>(s.rest) * size_of(data.dtype);
        for (int64_t b = 0; b < s.batch; ++b)
          MX_CHECK(length[b] >= 0 && length[b] <= s.time, kIndex, "[SequenceReverse] sequence_length[", b, "] is ",
                   length[b], ", but must be 0 to ", s.time, ", the number of steps");
        engine::parallel_for(s.time * s.batch, kGrain / (s.rest + 1) + 1, [&](int64_t begin, int64_t end) {
          for (int64_t row = begin; row < end; ++row) {
            const int64_t t = row / s.batch, b = row % s.batch, from = t < length[b] ? length[b] - 1 - t : t;
            std::memcpy(element_at(out, row * s.rest), element_at(data, s.at(from, b)), bytes);
          }
        });
      })
      .gradient([](GradientContext& g) {
        if (g.num_inputs() == 1) return g.set(0, g.call_same("SequenceReverse", {g.head()}).at(0));
        if (g.wants(0)) g.set(0, g.call_same("SequenceReverse", {g.head(), g.input(1)}).at(0));
        if (g.wants(1)) g.set(1, g.zeros_like(g.input(1)));
      });
}

}  // namespace mx
#endif
