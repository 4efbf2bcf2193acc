// Operators that pass their input on. One kernel, for every dtype; the drivers use it too.
#include "op/streamed.h"
#if defined(MX_PASS_CUDA)
#include "mx/cuda/transpose.h"
#endif

namespace mx::MX_ISA {
struct Copy {
  template <class T>
  MX_XPU T operator()(T x) const {
    return x;
  }
};

#if defined(MX_PASS_CUDA)
template <>
struct DeviceBlock<Elementwise<Copy>> {
  static constexpr int kKind = MX_BLOCK_ELEMENTWISE;
  template <class T>
  static int run(const MXBlock* block) {
    const int across = transposed_axis(block);
    return across < 0 ? run_elementwise<Copy, T>(block) : run_transpose_words<T>(block, across);
  }
};
#endif
}  // namespace mx::MX_ISA

MX_KERNELS(copy, Elementwise<Copy>, float, double, float16, bfloat16, uint8_t, int8_t, int32_t, int64_t, bool)
MX_STREAMED(copy, Copy)

#if defined(MX_PASS_HOST)
#include "mx/op/strided.h"

namespace mx {
namespace {
// Into an array of another dtype the values are converted.
void pass_on(const OpContext& ctx) {
  if (ctx.in[0].dtype == ctx.out[0].dtype) return forward_copy(ctx);
  run_elementwise(get_kernel("copy"), ctx.in.first(1), ctx.out);
}
OpDef& copying(OpDef& op) { return unary(op, "copy").portable_forward(pass_on); }
void head_as_it_is(GradientContext& g) { g.set(0, g.head()); }
}  // namespace

MX_OPERATOR(_copy) { copying(op).describe("A copy of the array.").alias("identity").gradient(head_as_it_is); }
MX_OPERATOR(_copyto) { copying(op).describe("A copy of the array, in another place.").gradient(head_as_it_is); }
MX_OPERATOR(_CrossDeviceCopy) {
  copying(op)
      .describe("The same values on another device: what bound graphs have where groups of group2ctx meet.")
      .gradient(head_as_it_is);
}
MX_OPERATOR(BlockGrad) {
  copying(op).describe("The array itself; no gradient passes through.").alias("stop_gradient").no_gradient();
}
MX_OPERATOR(make_loss) {
  copying(op)
      .describe("Makes a loss of the array: its gradient is 1, whatever comes after.")
      .output("loss", "The array itself.")
      .ignores_head()
      .gradient([](GradientContext& g) { g.set(0, g.call("ones_like", {g.input(0)})); });
}
MX_OPERATOR(_identity_with_attr_like_rhs) {
  op.describe("The first array; the second one only tells its shape.")
      .input("lhs", "The array.")
      .input("rhs", "An array of the same shape.")
      .infer_shape(same_shape)
      .reads([](const void*, size_t input) { return input == 0; })
      .inplace(0, 0)
      .portable_forward(pass_on)
      .gradient([](GradientContext& g) {
        g.set(0, g.head());
        g.set(1, g.zeros_like(g.input(1)));
      });
}
}  // namespace mx
#endif
