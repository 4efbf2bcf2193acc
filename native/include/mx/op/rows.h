// Operators that work on rows as wholes: softmax, norms, the place of the largest element. A functor is written for one
// row and is run by a thread, a warp or a block, whichever suits:
//   struct Softmax {
//     static constexpr int kInputs = 1, kOutputs = 1;
//     explicit Softmax(const LoopArgs&);                      (optional)
//     template <class T, class Row> void operator()(const Row& row) const;
//   };
// Row offers size(), in(k, i), integer(k, i), out(k, i, value), wants(k); sum(f), largest(f) and reduce<V>(start, f,
// combine) of f(i) over the row; each(f), which calls f(i) for every i; once(f). An output that is also an input may be
// written at i after in(k, i) was read, and after the last reduction.
#pragma once
#include "mx/op/elementwise.h"
#include "mx/op/math.h"

namespace mx::MX_ISA {
template <class F>
struct Rows {};
}  // namespace mx::MX_ISA

#if defined(MX_PASS_HOST)
namespace mx {

// Rows of (outer, inner), whose elements lie `inner` apart in arrays of (outer, size, inner).
struct RowView {
  int64_t outer, size, inner;
};
// Which elements of an array a row sees: strides of outer, inner and the place in the row.
struct RowOperand {
  Tensor tensor;
  int64_t strides[3];
};
inline RowOperand whole_rows(const Tensor& t, const RowView& v) { return {t, {v.size * v.inner, 1, v.inner}}; }
inline RowOperand per_row(const Tensor& t, const RowView& v) { return {t, {v.inner, 1, 0}}; }
inline RowOperand same_for_rows(const Tensor& t) { return {t, {0, 0, 1}}; }
inline RowOperand one_number(const Tensor& t) { return {t, {0, 0, 0}}; }

}  // namespace mx
#endif
#if defined(MX_PASS_CUDA)
#include "mx/cuda/rows.h"
#endif
