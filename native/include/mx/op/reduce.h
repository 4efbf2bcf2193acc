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
#include "mx/op/transpose_plane.h"

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

// at(0) ... at(n - 1) combined, in an order that n alone decides. Memory is read in four places in turn, which gives
// up to half as much again as one. n is at least kRowLanes.
inline constexpr int kRowLanes = 32;
template <class T, class At, class Combine>
MX_XPU T combine_row(int64_t n, const At& at, const Combine& combine) {
  constexpr int ways = 4, lanes = kRowLanes / 2;
  T sums[kRowLanes];
  int64_t i = 0;
  if (n >= 4 * ways * lanes) {
    const int64_t part = n / (ways * lanes) * lanes;
    T strands[ways][lanes];
    for (int way = 0; way < ways; ++way)
      for (int k = 0; k < lanes; ++k) strands[way][k] = at(way * part + k);
    for (i = lanes; i < part; i += lanes)
      for (int way = 0; way < ways; ++way)
        for (int k = 0; k < lanes; ++k) strands[way][k] = combine(strands[way][k], at(way * part + i + k));
    for (int k = 0; k < lanes; ++k) {
      sums[k] = combine(strands[0][k], strands[2][k]);
      sums[k + lanes] = combine(strands[1][k], strands[3][k]);
    }
    i = ways * part;
  } else {
    for (int k = 0; k < kRowLanes; ++k) sums[k] = at(k);
    i = kRowLanes;
  }
  for (; i + kRowLanes <= n; i += kRowLanes)
    for (int k = 0; k < kRowLanes; ++k) sums[k] = combine(sums[k], at(i + k));
  for (int k = 0; i < n; ++i, ++k) sums[k] = combine(sums[k], at(i));
  for (int width = kRowLanes / 2; width > 0; width /= 2)
    for (int k = 0; k < width; ++k) sums[k] = combine(sums[k], sums[k + width]);
  return sums[0];
}

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
    if (n < kRowLanes) return short_rows(f, x, y, n, count, start);
    const auto combine = [&](T a, T b) { return f.combine(a, b); };
    for (int64_t r = 0; r < count; ++r, x += n)
      y[r] = combine_row<T>(n, [&](int64_t i) { return f.map(x[i]); }, combine);
  }

  // From left to right, in vectors of many rows.
  template <class T>
  MX_XPU static void short_rows(const F& f, const T* x, T* y, int64_t n, int64_t count, T start) {
    int64_t r = 0;
#if defined(MX_PASS_CPU)
    constexpr int64_t together = 64;
    T block[kRowLanes * together];
    for (; r + together <= count; r += together) {
      const int64_t width = padded<T>(n), last = (r + together - 1) * n;
      transpose_plane(x + r * n, block, last + width <= count * n ? width : n, together, n, together);
      T sums[together];
      for (int64_t k = 0; k < together; ++k) sums[k] = start;
      for (int64_t i = 0; i < n; ++i)
        for (int64_t k = 0; k < together; ++k) sums[k] = f.combine(sums[k], f.map(block[i * together + k]));
      for (int64_t k = 0; k < together; ++k) y[r + k] = sums[k];
    }
#endif
    for (; r < count; ++r) {
      T sum = start;
      for (int64_t i = 0; i < n; ++i) sum = f.combine(sum, f.map(x[r * n + i]));
      y[r] = sum;
    }
  }

  template <class T>
  MX_XPU static void columns(const F& f, const T* x, T* y, int64_t n, int64_t count, int64_t stride, T start) {
    if (n <= kNarrow && stride == n && count * n >= 16 * kNarrow) {
      const int64_t done = narrow(f, x, y, n, count, start);
      x += done * n, count -= done;
    }
    // Eight rows are eight places to read from.
    for (; count >= 8; count -= 8, x += 8 * stride) {
      const T *const b = x + stride, *const c = b + stride, *const d = c + stride, *const e = d + stride,
                     *const g = e + stride, *const h = g + stride, *const k = h + stride;
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) {
        T sum = f.combine(f.combine(y[i], f.map(x[i])), f.map(b[i]));
        sum = f.combine(f.combine(sum, f.map(c[i])), f.map(d[i]));
        sum = f.combine(f.combine(sum, f.map(e[i])), f.map(g[i]));
        y[i] = f.combine(f.combine(sum, f.map(h[i])), f.map(k[i]));
      }
    }
    for (; count > 0; --count, x += stride)
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) y[i] = f.combine(y[i], f.map(x[i]));
  }

  // Narrow rows that touch: as many side by side as fill up to 8 kNarrow sums, in four places, which are added up at
  // the end. Returns how many rows that were.
  static constexpr int64_t kNarrow = 64;
  template <class T>
  MX_XPU static int64_t narrow(const F& f, const T* x, T* y, int64_t n, int64_t count, T start) {
    constexpr int64_t ways = 4, wide = 8 * kNarrow;
    T sums[ways][wide];
    int64_t side = count / ways < wide / n ? count / ways : wide / n;
    for (int64_t whole = 16; whole > 1; whole /= 2)  // whole vectors, if that is possible
      if (side >= whole && side % whole * n % 16) side -= side % whole;
    const int64_t lanes = side * n, part = count / ways / side * side;
    for (int64_t way = 0; way < ways; ++way)
      for (int64_t i = 0; i < lanes; ++i) sums[way][i] = start;
    for (int64_t at = 0; at < part * n; at += lanes)
      for (int64_t way = 0; way < ways; ++way) {
        const T* const from = x + way * part * n + at;
#pragma GCC ivdep
        for (int64_t i = 0; i < lanes; ++i) sums[way][i] = f.combine(sums[way][i], f.map(from[i]));
      }
    for (int64_t way = 1; way < ways; ++way)
#pragma GCC ivdep
      for (int64_t i = 0; i < lanes; ++i) sums[0][i] = f.combine(sums[0][i], sums[way][i]);
    for (const T* one = sums[0]; one < sums[0] + lanes; one += n)
      for (int64_t i = 0; i < n; ++i) y[i] = f.combine(y[i], one[i]);
    return ways * part;
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
