// Sums of several arrays; the kernel is that of add.cc.
#include "mx/op/elementwise.h"
#include "mx/op/strided.h"

namespace mx {
namespace {
struct AddParam {
  int32_t num_args = 1;
  static void fields(auto& f) {
    f.add("num_args", &AddParam::num_args, "How many arrays there are.").range(1).required();
  }
};
}  // namespace

MX_OPERATOR(add_n) {
  op.describe("The sum of arrays of one shape.")
      .alias("ElementWiseSum")
      .params<AddParam>()
      .variadic("args:arg", "num_args", "The arrays.")
      .infer_shape(same_shape)
      .inplace(0, 0)
      .any_format()
      .portable_forward([](const OpContext& ctx) {
        if (ctx.in.size() == 1) return copy_flat(ctx.in[0], ctx.out[0]);
        run_elementwise(get_kernel("add"), ctx.in.first(2), ctx.out);
        for (size_t i = 2; i < ctx.in.size(); ++i) {
          const Tensor in[] = {ctx.out[0], ctx.in[i]};
          run_elementwise(get_kernel("add"), in, ctx.out);
        }
      })
      .gradient([](GradientContext& g) {
        for (size_t i = 0; i < g.num_inputs(); ++i) g.set(i, g.head());
      });
}

MX_OPERATOR(_grad_add) {
  binary(op, "add").describe("lhs + rhs, as gradients of one array are summed.").gradient([](GradientContext& g) {
    g.set(0, g.head());
    g.set(1, g.head());
  });
}

}  // namespace mx
