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
  kReduceRows,     // out[0][r] = reduction of in[0][r n .. r n + n), for the extra[0] rows
  kReduceColumns,  // out[0][i] = combine(out[0][i], map(in[0][r extra[1] + i])), for the extra[0] rows
  kReduceCombine,  // the same without map
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
      case kReduceRows:
        rows(f, x, y, n, args.extra[0], start);
        break;
      case kReduceColumns:
        columns(f, x, y, n, args.extra[0], args.extra[1], start);
        break;
      case kReduceCombine:
        for (int64_t r = 0; r < args.extra[0]; ++r) {
          const T* const from = x + r * args.extra[1];
#pragma GCC ivdep
          for (int64_t i = 0; i < n; ++i) y[i] = f.combine(y[i], from[i]);
        }
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
  // All orders of summation are fixed by the sizes alone, whatever the width of the vectors.
  template <class T>
  MX_XPU static void rows(const F& f, const T* x, T* y, int64_t n, int64_t count, T start) {
    constexpr int lanes = 32, together = 8;
    int64_t r = 0;
    if (n >= lanes) {
      for (; r < count; ++r) y[r] = long_row<lanes>(f, x + r * n, n);
      return;
    }
    // Short rows are summed from left to right, several at a time, because each addition waits for the one before.
    for (; r + together <= count; r += together) {
      T sums[together];
      for (int k = 0; k < together; ++k) sums[k] = start;
      for (int64_t i = 0; i < n; ++i)
        for (int k = 0; k < together; ++k) sums[k] = f.combine(sums[k], f.map(x[(r + k) * n + i]));
      for (int k = 0; k < together; ++k) y[r + k] = sums[k];
    }
    for (; r < count; ++r) {
      T sum = start;
      for (int64_t i = 0; i < n; ++i) sum = f.combine(sum, f.map(x[r * n + i]));
      y[r] = sum;
    }
  }

  template <int lanes, class T>
  MX_XPU static T long_row(const F& f, const T* x, int64_t n) {
    T sums[lanes];
    for (int k = 0; k < lanes; ++k) sums[k] = f.map(x[k]);
    int64_t i = lanes;
    for (; i + lanes <= n; i += lanes) {
      // The processor's own prefetching ends at the border of a page.
      for (size_t at = 0; at < lanes * sizeof(T); at += 64)
        __builtin_prefetch(reinterpret_cast<const char*>(x + i) + 2048 + at);
      for (int k = 0; k < lanes; ++k) sums[k] = f.combine(sums[k], f.map(x[i + k]));
    }
    for (int k = 0; i < n; ++i, ++k) sums[k] = f.combine(sums[k], f.map(x[i]));
    for (int width = lanes / 2; width > 0; width /= 2)
      for (int k = 0; k < width; ++k) sums[k] = f.combine(sums[k], sums[k + width]);
    return sums[0];
  }

  template <class T>
  MX_XPU static void columns(const F& f, const T* x, T* y, int64_t n, int64_t count, int64_t stride, T start) {
    constexpr int64_t wide = 256;
    // Narrow rows that touch: as many side by side as fill `wide` sums, which are added up at the end.
    if (n <= wide / 4 && stride == n && count * n >= 2 * wide) {
      T sums[wide];
      const int64_t side = wide / n, lanes = side * n;
      for (int64_t i = 0; i < wide; ++i) sums[i] = start;
      for (; count >= side; count -= side, x += lanes)
#pragma GCC ivdep
        for (int64_t i = 0; i < lanes; ++i) sums[i] = f.combine(sums[i], f.map(x[i]));
      for (const T* part = sums; part < sums + lanes; part += n)
        for (int64_t i = 0; i < n; ++i) y[i] = f.combine(y[i], part[i]);
    }
    for (; count >= 4; count -= 4, x += 4 * stride) {
      const T *const b = x + stride, *const c = b + stride, *const d = c + stride;
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) {
        const T two = f.combine(f.combine(y[i], f.map(x[i])), f.map(b[i]));
        y[i] = f.combine(f.combine(two, f.map(c[i])), f.map(d[i]));
      }
    }
    for (; count > 0; --count, x += stride)
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) y[i] = f.combine(y[i], f.map(x[i]));
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
#if defined(MX_PASS_CUDA)
#include "mx/cuda/reduce.h"
#endif
