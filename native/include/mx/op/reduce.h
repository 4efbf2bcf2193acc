// Operators that reduce axes: sum, max, norm ... An operator file supplies a functor with
//   T identity<T>()          where to start
//   T map(T x)               what is done to every element first
//   T combine(T a, T b)      the reduction; associative and commutative
//   T finish(T x, int64 n)   (optional) what is done to the result over n elements
// and registers with reduce(). Work is cut in fixed pieces that are combined in a fixed tree: the same bits at any
// number of threads and on every instruction set. float16 and bfloat16 accumulate in float32.
#pragma once
#include <optional>

#include "mx/op.h"
#include "mx/op/elementwise.h"
#include "mx/op/math.h"

namespace mx {

struct ReduceParam {
  std::optional<Shape> axis;
  bool keepdims = false, exclude = false;
  static void fields(auto& f) {
    f.add("axis", &ReduceParam::axis,
          "The axis or axes to reduce; negative ones count from the end. None or (): all of them.");
    f.add("keepdims", &ReduceParam::keepdims, "Keep the reduced axes with size 1.");
    f.add("exclude", &ReduceParam::exclude, "Reduce the axes that are not in `axis` instead.");
  }
};

enum ReduceMode : int {
  kReduceRow,      // out[0][0] = reduction of in[0][0..n)
  kReduceColumns,  // out[0][i] = combine(out[0][i], map(in[0][i]))
  kReduceCombine,  // out[0][i] = combine(out[0][i], in[0][i])
  kReduceStart,    // out[0][i] = identity
  kReduceFinish,   // out[0][i] = finish(out[0][i], extra[0])
};

}  // namespace mx

namespace mx::MX_ISA {

template <class F>
struct Reduce {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const F f = make_functor<F>(args);
    T* const y = static_cast<T*>(out[0]);
    const T* const x = in ? static_cast<const T*>(in[0]) : nullptr;
    const T start = F::template identity<T>();
    switch (args.mode) {
      case kReduceRow:
        *y = row(f, x, n, start);
        break;
      case kReduceColumns:
#pragma GCC ivdep
        for (int64_t i = 0; i < n; ++i) y[i] = f.combine(y[i], f.map(x[i]));
        break;
      case kReduceCombine:
#pragma GCC ivdep
        for (int64_t i = 0; i < n; ++i) y[i] = f.combine(y[i], x[i]);
        break;
      case kReduceStart:
        for (int64_t i = 0; i < n; ++i) y[i] = start;
        break;
      case kReduceFinish:
        if constexpr (requires { f.finish(start, n); })
          for (int64_t i = 0; i < n; ++i) y[i] = f.finish(y[i], args.extra[0]);
        break;
    }
  }

 private:
  // A fixed number of lanes, whatever the width of the vectors.
  template <class T>
  MX_XPU static T row(const F& f, const T* x, int64_t n, T start) {
    constexpr int lanes = 32;
    if (n < lanes) {
      T sum = start;
      for (int64_t i = 0; i < n; ++i) sum = f.combine(sum, f.map(x[i]));
      return sum;
    }
    T sums[lanes];
    for (int k = 0; k < lanes; ++k) sums[k] = f.map(x[k]);
    int64_t i = lanes;
    for (; i + lanes <= n; i += lanes)
      for (int k = 0; k < lanes; ++k) sums[k] = f.combine(sums[k], f.map(x[i + k]));
    for (int k = 0; i < n; ++i, ++k) sums[k] = f.combine(sums[k], f.map(x[i]));
    for (int width = lanes / 2; width > 0; width /= 2)
      for (int k = 0; k < width; ++k) sums[k] = f.combine(sums[k], sums[k + width]);
    return sums[0];
  }
};

}  // namespace mx::MX_ISA

#if defined(MX_PASS_HOST)
#include "mx/op/kernel.h"

namespace mx {

// Which axes an operator reduces. Bit i: axis i. Raises for axes out of range or given twice, with the operator's name.
unsigned reduced_axes(const std::optional<Shape>& axis, bool exclude, int ndim, std::string_view op);
// The shape of the result; a full reduction has shape (1,), or ones with keepdims.
Shape reduced_shape(const Shape& in, unsigned axes, bool keepdims);

// out = kernel over the axes of `in`. `out` may have any dtype and any shape of the right size.
void run_reduce(const OpContext& ctx, const Kernel& kernel, const Tensor& in, const Tensor& out, unsigned axes);

// A result (or its gradient) with the reduced axes kept as 1: broadcasts against the data.
Tensor keep_axes(const Tensor& result, const Shape& data, unsigned axes);

// Registration of an operator with ReduceParam.
OpDef& reduce(OpDef& op, const char* kernel = nullptr);
// Its "_backward_..." operator, an elementwise kernel over inputs of the shape of the data (marked 'd') or of the
// result (marked 'r'), in the order of the functor's arguments: "rdr" for (head, data, output). The output has the
// shape of the data.
OpDef& reduce_gradient(OpDef& op, const char* marks);
// The gradient of a sum, or of a mean: the head repeated over the reduced axes (and divided by their size). Inputs:
// head, data.
OpDef& spread_gradient(OpDef& op, bool mean);

}  // namespace mx
#endif
