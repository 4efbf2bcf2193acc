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

struct MulticastParam {
  int32_t num_outputs = 1;
  bool cast_narrow = false;
  static void fields(auto& f) {
    f.add("num_outputs", &MulticastParam::num_outputs, "How many arrays there are.").range(1).required();
    f.add("cast_narrow", &MulticastParam::cast_narrow, "Take the narrowest dtype instead of the widest.");
  }
};

void cast(const Tensor& in, const Tensor& out) {
  if (device::current()) return convert(in.data, in.dtype, out.data, out.dtype, out.size());
  engine::parallel_for(out.size(), kGrain, [&](int64_t begin, int64_t end) {
    convert(in.as<char>() + begin * size_of(in.dtype), in.dtype, out.as<char>() + begin * size_of(out.dtype), out.dtype,
            end - begin);
  });
}

void forward(const OpContext& ctx) {
  for (size_t i = 0; i < ctx.out.size(); ++i)
    if (ctx.wants(i)) cast(ctx.in[i], ctx.out[i]);
}

// The dtype of float arrays that meet. float16 and bfloat16 meet in float32: neither holds the other's numbers.
DType common_dtype(std::span<const DType> dtypes, bool narrow) {
  DType found = DType::kUnknown;
  for (DType dtype : dtypes) {
    if (!is_floating(dtype) || dtype == found) continue;
    const size_t size = size_of(dtype), best = found == DType::kUnknown ? 0 : size_of(found);
    if (best == size)
      found = DType::kFloat32;
    else if (best == 0 || (narrow ? size < best : size > best))
      found = dtype;
  }
  return found;
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
MX_OPERATOR(amp_multicast) {
  op.describe("Arrays in the widest (or narrowest) of their float dtypes, as inserted by automatic mixed precision.")
      .variadic("data:data_", "num_outputs", "The arrays. Those of integers stay as they are.")
      .params<MulticastParam>()
      .num_outputs([](const void* p) { return static_cast<int>(static_cast<const MulticastParam*>(p)->num_outputs); })
      .infer_shape([](const InferShape& s) {
        for (size_t i = 0; i < s.in.size(); ++i) s.same(i, i);
      })
      .infer_dtype([](const InferDType& t) {
        for (DType dtype : t.in)
          if (dtype == DType::kUnknown) return;
        const DType common = common_dtype(t.in, t.as<MulticastParam>().cast_narrow);
        for (size_t i = 0; i < t.in.size(); ++i) t.set_output(i, is_floating(t.in[i]) ? common : t.in[i]);
      })
      .portable_forward(forward)
      .gradient([](GradientContext& g) {
        for (size_t i = 0; i < g.num_inputs(); ++i) g.set(i, g.call("_cast_like", {g.head(i), g.input(i)}));
      });
}
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
