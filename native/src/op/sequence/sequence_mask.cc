#include "op/sequence/sequence.h"

namespace mx {
struct SequenceMaskStep : SequenceSteps {
  uint64_t value;  // its bytes
  template <class T, class N, class Arrays>
  MX_XPU void operator()(N i, const Arrays& a) const {
    const auto p = place(i);
    const bool counts = int64_t(p.step) < length(a.template from<int64_t>(1), p.sequence);
    a.to(0)[i] = counts ? a.from(0)[i] : a.word(value);
  }
};
}  // namespace mx

#if defined(MX_PASS_CUDA)
#include "mx/cuda/each.h"
MX_DEVICE_KERNELS(sequence_mask, Each<SequenceMaskStep>, uint8_t, float16, int32_t, int64_t)
#endif

#if defined(MX_PASS_HOST)
#include <algorithm>
#include <cstring>

#include "device/dense.h"
#include "engine/threads.h"

namespace mx {
namespace {

struct SequenceMaskParam {
  bool use_sequence_length = false;
  float value = 0;
  int32_t axis = 0;
  static void fields(auto& f) {
    f.add("use_sequence_length", &SequenceMaskParam::use_sequence_length, "Take the lengths from a second input.");
    f.add("value", &SequenceMaskParam::value, "What stands after the end of a sequence.");
    f.add("axis", &SequenceMaskParam::axis, "The axis of time: 0 or 1. The other one of the two is the batch.");
  }
};

template <class Word>
void mask_words(const Sequences& s, const int64_t* length, const Tensor& out, const void* value) {
  const Word word = *static_cast<const Word*>(value);
  Word* const y = out.as<Word>();
  engine::parallel_for(s.time * s.batch, kGrain / (s.rest + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t t = s.step == 1 ? row % s.time : row / s.batch, b = s.step == 1 ? row / s.time : row % s.batch;
      if (t >= length[b]) std::fill_n(y + row * s.rest, s.rest, word);
    }
  });
}

void forward(const OpContext& ctx) {
  const auto& p = ctx.as<SequenceMaskParam>();
  const Tensor& out = ctx.out[0];
  if (out.size() == 0) return;
  const Sequences s(p.axis, out.shape);
  alignas(8) char value[8] = {};
  convert(&p.value, DType::kFloat32, value, out.dtype, 1);
  if (p.use_sequence_length && device::current()) {
    SequenceMaskStep step{s.steps(out.size()), 0};
    std::memcpy(&step.value, value, sizeof step.value);
    return device::run_dense("sequence_mask", device::word_of(out.dtype),
                             {ctx.in[0], device_lengths(ctx, s, &ctx.in[1], {})}, {out}, &step);
  }
  copy_flat(ctx.in[0], out);
  if (!p.use_sequence_length) return;
  const int64_t* length = read_lengths(ctx, s, &ctx.in[1]);
  switch (size_of(out.dtype)) {
    case 1:
      return mask_words<uint8_t>(s, length, out, value);
    case 2:
      return mask_words<uint16_t>(s, length, out, value);
    case 4:
      return mask_words<uint32_t>(s, length, out, value);
    default:
      return mask_words<uint64_t>(s, length, out, value);
  }
}

}  // namespace

MX_OPERATOR(SequenceMask) {
  op.describe("Sequences of a batch with one value in all steps after their ends.")
      .alias("_npx_sequence_mask")
      .input("data", "The sequences, (time, batch, ...), or (batch, time, ...) with axis 1.")
      .optional_input("sequence_length", "How many steps of each sequence count, (batch,).")
      .params<SequenceMaskParam>()
      .num_inputs(count_sequence_inputs<SequenceMaskParam>)
      .inplace(0, 0)
      .infer_shape([](const InferShape& s) {
        s.same(0, 0);
        infer_sequences(s, s.as<SequenceMaskParam>().axis, 1);
      })
      .infer_dtype([](const InferDType& t) { infer_sequence_dtypes(t, 1); })
      .portable_forward(forward)
      .gradient([](GradientContext& g) {
        SequenceMaskParam p = g.as<SequenceMaskParam>();
        p.value = 0;
        if (!p.use_sequence_length) return g.set(0, g.head());
        if (g.wants(0)) g.set(0, g.call("SequenceMask", {g.head(), g.input(1)}, p));
        if (g.wants(1)) g.set(1, g.zeros_like(g.input(1)));
      });
}

}  // namespace mx
#endif
