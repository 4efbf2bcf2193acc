// The three operators of a distribution: with numbers as parameters, the same in the shape of an array, and with arrays
// as parameters. A distribution D has
//   numbers<P>(f)                      declares the parameters of P, which inherits from D
//   std::array<double, n> values()     the parameters
//   check(op)                          raises where the distribution doesn't exist
//   draw(ctx, parameters, out)         fills `out`; parameters are one value each, or broadcast against `out`
#pragma once
#include <array>
#include <string>

#include "mx/base/wished_shape.h"
#include "mx/op/elementwise.h"
#include "mx/op/random.h"

#if defined(MX_PASS_HOST)
namespace mx {

// What all operators have after the numbers of the distribution.
template <class P>
void shape_fields(auto& f) {
  f.add("shape", &P::shape, "The shape of the result. None: what other arrays decide.");
  f.add("ctx", &P::ctx, "Where the array lives: cpu or cpu(0).");
  f.add("dtype", &P::dtype, "The dtype. None: that of `out`, else the usual one.");
}
template <class D>
struct NumbersParam : D {
  std::optional<Shape> shape;
  std::string ctx;
  std::optional<DType> dtype;
  static void fields(auto& f) {
    D::template numbers<NumbersParam>(f);
    shape_fields<NumbersParam>(f);
  }
};
template <class D>
struct LikeParam : D {
  static void fields(auto& f) { D::template numbers<LikeParam>(f); }
};
struct ArraysParam {
  Shape shape = Shape::scalar();
  std::optional<DType> dtype;
  static void fields(auto& f) {
    f.add("shape", &ArraysParam::shape, "The shape of what is drawn for each element of the parameters.");
    f.add("dtype", &ArraysParam::dtype, "The dtype: float16, float32 or float64. None: that of `out`, else float32.");
  }
};

// The requested shape, as far as there is one.
template <class P>
void infer_requested_shape(const InferShape& s) {
  if (const auto& wish = s.as<P>().shape) s.set_output(0, wished_shape(*wish));
}
template <class P>
void infer_requested_dtype(const InferDType& t) {
  const DType usual = t.out[0] == DType::kUnknown ? DType::kFloat32 : t.out[0];  // known where `out` is given
  t.set_output(0, t.as<P>().dtype.value_or(usual));
}

template <class D>
void draw_numbers(const OpContext& ctx, const D& distribution) {
  distribution.check(ctx.op.name);
  auto values = distribution.values();
  Tensor parameters[values.size()];
  for (size_t i = 0; i < values.size(); ++i) parameters[i] = {&values[i], Shape{1}, DType::kFloat64};
  D::draw(ctx, parameters, ctx.out[0]);
}
inline OpDef& drawing(OpDef& op, ForwardFn forward) { return op.uses_random().no_gradient().portable_forward(forward); }

template <class D>
OpDef& from_numbers(OpDef& op) {
  op.params<NumbersParam<D>>()
      .infer_shape(infer_requested_shape<NumbersParam<D>>)
      .infer_dtype(infer_requested_dtype<NumbersParam<D>>);
  return drawing(op, [](const OpContext& ctx) { draw_numbers<D>(ctx, ctx.as<NumbersParam<D>>()); });
}
template <class D>
OpDef& from_numbers_like(OpDef& op) {
  op.input("data", "The array whose shape and dtype the result gets.")
      .params<LikeParam<D>>()
      .reads([](const void*, size_t) { return false; })
      .infer_shape(same_shape);
  return drawing(op, [](const OpContext& ctx) { draw_numbers<D>(ctx, ctx.as<LikeParam<D>>()); });
}
template <class D>
OpDef& from_arrays(OpDef& op, std::initializer_list<const char*> parameters) {
  for (const char* name : parameters) op.input(name, "A parameter of the distribution; all have one shape.");
  op.params<ArraysParam>()
      .infer_shape([](const InferShape& s) {
        for (size_t i = 1; i < s.in.size(); ++i) {
          s.set_input(i, s.in[0]);
          s.set_input(0, s.in[i]);
        }
        if (!s.in[0].rank_known()) return;
        Shape shape = s.in[0];
        for (int64_t dim : s.as<ArraysParam>().shape) shape.push_back(dim);
        s.set_output(0, shape);
      })
      .infer_dtype([](const InferDType& t) {
        infer_requested_dtype<ArraysParam>(t);
        for (size_t i = 1; i < t.in.size(); ++i)
          if (t.in[i] == DType::kUnknown) t.set_input(i, t.in[0]);
      });
  return drawing(op, [](const OpContext& ctx) {
    Tensor parameters[2];
    for (size_t i = 0; i < ctx.in.size(); ++i) {
      parameters[i] = ctx.in[i];
      while (parameters[i].shape.ndim < ctx.out[0].shape.ndim) parameters[i].shape.push_back(1);
    }
    D::draw(ctx, std::span(parameters, ctx.in.size()), ctx.out[0]);
  });
}

// Where uniform or normal numbers are drawn before they are transformed: `out`, or scratch memory with all the digits
// of the lane.
inline Tensor raw_numbers(const OpContext& ctx, const Tensor& out) {
  MX_CHECK(is_floating(out.dtype), kType, "[", ctx.op.name, "] ", out.dtype, " is no floating dtype");
  if (size_of(out.dtype) >= 4) return out;
  return {ctx.workspace(static_cast<size_t>(out.size()) * 4), out.shape, DType::kFloat32};
}

}  // namespace mx
#endif
