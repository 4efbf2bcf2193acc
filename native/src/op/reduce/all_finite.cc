// Whether arrays are free of infinities and NaN.
#include "mx/op/reduce.h"

namespace mx {
namespace {
struct AllFiniteParam {
  bool init_output = true;
  static void fields(auto& f) {
    f.add("init_output", &AllFiniteParam::init_output,
          "False: multiply what the array given as `out` holds, so that several calls share one answer.");
  }
};
struct MultiAllFiniteParam {
  int32_t num_arrays = 1;
  bool init_output = true;
  static void fields(auto& f) {
    f.add("num_arrays", &MultiAllFiniteParam::num_arrays, "How many arrays there are.").range(1);
    f.add("init_output", &MultiAllFiniteParam::init_output,
          "False: multiply what the array given as `out` holds, so that several calls share one answer.");
  }
};
}  // namespace
}  // namespace mx

namespace mx::MX_ISA {
struct AllFinite {
  template <class T>
  MX_XPU static T identity() {
    return T(1);
  }
  template <class T>
  MX_XPU T map(T x) const {
    return x - x == T(0) ? T(1) : T(0);
  }
  template <class T>
  MX_XPU T combine(T a, T b) const {
    return a < b ? a : b;
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(all_finite, Reduce<AllFinite>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
namespace {

OpDef& all_finite(OpDef& op) {
  return op.no_gradient()
      .infer_shape([](const InferShape& s) { s.set_output(0, Shape{1}); })
      .infer_dtype([](const InferDType& t) { t.set_output(0, DType::kFloat32); });
}

void run(const OpContext& ctx, bool init_output) {
  const Tensor& out = ctx.out[0];
  const Tensor part{ctx.workspace(sizeof(float)), Shape{1}, DType::kFloat32};
  for (size_t i = 0; i < ctx.in.size(); ++i) {
    MX_CHECK(is_floating(ctx.in[i].dtype), kType, "[", ctx.op.name, "] input ", i, " is ", ctx.in[i].dtype,
             ", which holds finite numbers only; leave it out");
    const bool first = i == 0 && init_output;
    run_reduce(ctx, get_kernel("all_finite"), ctx.in[i], first ? out : part, ~0u);
    if (first) continue;
    const Tensor both[] = {out, part};
    run_elementwise(get_kernel("multiply"), both, ctx.out);
  }
}

}  // namespace

MX_OPERATOR(all_finite) {
  all_finite(op)
      .input("data", "The array, of floats.")
      .params<AllFiniteParam>()
      .portable_forward([](const OpContext& ctx) { run(ctx, ctx.as<AllFiniteParam>().init_output); })
      .describe("1 where all elements are finite, otherwise 0; shape (1,).");
}
MX_OPERATOR(multi_all_finite) {
  all_finite(op)
      .variadic("data:array_", "num_arrays", "The arrays, of floats.")
      .output("output")
      .params<MultiAllFiniteParam>()
      .portable_forward([](const OpContext& ctx) { run(ctx, ctx.as<MultiAllFiniteParam>().init_output); })
      .describe("1 where all elements of all arrays are finite, otherwise 0; shape (1,).");
}

}  // namespace mx
#endif
