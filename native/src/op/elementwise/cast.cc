// Conversion of dtypes.
#include "device/scope.h"
#include "engine/threads.h"
#include "mx/op/elementwise.h"

namespace mx {
namespace {

struct CastParam {
  DType dtype = DType::kFloat32;
  static void fields(auto& f) { f.add("dtype", &CastParam::dtype, "The dtype of the result.").required(); }
};

void forward(const OpContext& ctx) {
  const Tensor &in = ctx.in[0], &out = ctx.out[0];
  if (device::current()) return convert(in.data, in.dtype, out.data, out.dtype, out.size());
  engine::parallel_for(out.size(), kGrain, [&](int64_t begin, int64_t end) {
    convert(in.as<char>() + begin * size_of(in.dtype), in.dtype, out.as<char>() + begin * size_of(out.dtype), out.dtype,
            end - begin);
  });
}

OpDef& casting(OpDef& op) {
  return op.input("data", "The array.")
      .params<CastParam>()
      .infer_shape(same_shape)
      .portable_forward(forward)
      .any_format()
      .infer_dtype([](const InferDType& t) { t.set_output(0, t.as<CastParam>().dtype); })
      .gradient([](GradientContext& g) { g.set(0, g.call("_cast_like", {g.head(), g.input(0)})); });
}

}  // namespace

MX_OPERATOR(Cast) {
  casting(op).alias("cast").describe(
      "The array in another dtype. Fractions are cut off on the way to integers, and integers that don't fit wrap "
      "around.");
}
MX_OPERATOR(amp_cast) { casting(op).describe("Cast, as inserted by automatic mixed precision."); }
MX_OPERATOR(_cast_like) {
  op.describe("The first array in the dtype of the second.")
      .hidden()
      .input("lhs", "The array.")
      .input("rhs", "An array of the same shape, whose dtype counts.")
      .infer_shape(same_shape)
      .reads([](const void*, size_t input) { return input == 0; })
      .portable_forward(forward)
      .any_format()
      .infer_dtype([](const InferDType& t) {
        t.set_output(0, t.in[1]);
        t.set_input(1, t.out[0]);
      })
      .gradient([](GradientContext& g) {
        g.set(0, g.call("_cast_like", {g.head(), g.input(0)}));
        g.set(1, g.zeros_like(g.input(1)));
      });
}

}  // namespace mx
