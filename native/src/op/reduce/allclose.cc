#include "mx/op/elementwise.h"
#include "mx/op/reduce.h"

namespace mx {
namespace {
struct AllcloseParam {
  float rtol = 1e-5f, atol = 1e-8f;
  bool equal_nan = true;
  static void fields(auto& f) {
    f.add("rtol", &AllcloseParam::rtol, "The tolerated distance, as a part of |b|.");
    f.add("atol", &AllcloseParam::atol, "The tolerated distance that is added to that.");
    f.add("equal_nan", &AllcloseParam::equal_nan, "Whether two NaN are close.");
  }
};
}  // namespace
}  // namespace mx

namespace mx::MX_ISA {
struct Close {
  float rtol, atol;
  bool equal_nan;
  MX_INLINE explicit Close(const LoopArgs& args)
      : rtol(static_cast<const AllcloseParam*>(args.params)->rtol),
        atol(static_cast<const AllcloseParam*>(args.params)->atol),
        equal_nan(static_cast<const AllcloseParam*>(args.params)->equal_nan) {}
  template <class T>
  MX_XPU T operator()(T a, T b) const {
    const bool near = b - b == T(0) && abs(a - b) <= T(atol) + T(rtol) * abs(b);
    return near || a == b || (equal_nan && a != a && b != b) ? T(1) : T(0);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(_contrib_allclose, Elementwise<Close>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(_contrib_allclose) {
  op.input("a", "An array.")
      .input("b", "An array of the same shape.")
      .params<AllcloseParam>()
      .describe("1 where |a - b| <= atol + rtol |b| for all elements, otherwise 0; uint8 in the shape ().")
      .no_gradient()
      .infer_shape([](const InferShape& s) {
        s.set_input(0, s.in[1]);
        s.set_input(1, s.in[0]);
        s.set_output(0, Shape::scalar());
      })
      .infer_dtype([](const InferDType& t) {
        t.set_input(0, t.in[1]);
        t.set_input(1, t.in[0]);
        t.set_output(0, DType::kUint8);
      })
      .portable_forward([](const OpContext& ctx) {
        const DType in = ctx.in[0].dtype;
        const bool wide = in == DType::kFloat64 || in == DType::kInt32 || in == DType::kInt64;
        const DType lane = wide ? DType::kFloat64 : DType::kFloat32;
        const size_t bytes = static_cast<size_t>(ctx.in[0].size()) * size_of(lane);
        const Tensor close{ctx.workspace(bytes), ctx.in[0].shape, lane};
        run_elementwise(get_kernel("_contrib_allclose"), ctx.in, std::span(&close, 1), ctx.params);
        run_reduce(ctx, get_kernel("min"), close, ctx.out[0], ~0u);
      });
}
}  // namespace mx
#endif
