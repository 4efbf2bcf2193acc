// Diagonals of matrices, and matrices made of them.
#include "diag.h"

#include <algorithm>
#include <cstdlib>

#include "mx/op.h"
#include "mx/op/strided.h"

namespace mx {
namespace {

// The elements of a diagonal in an array: the other axes first, the diagonal last.
struct Diagonal {
  int64_t offset, length;
  Shape sizes = Shape::scalar(), strides = Shape::scalar();

  Diagonal(const DiagParam& p, const Shape& shape, std::string_view op) {
    const int row = normalize_axis(p.axis1, shape.ndim, op), column = normalize_axis(p.axis2, shape.ndim, op);
    MX_CHECK(row != column, kValue, "[", op, "] axis1 and axis2 are both ", row, ", but must differ");
    const int64_t k = p.k, h = shape[row] + std::min<int64_t>(k, 0), w = shape[column] - std::max<int64_t>(k, 0);
    const Shape steps = strides_of(shape);
    for (int i = 0; i < shape.ndim; ++i)
      if (i != row && i != column) sizes.push_back(shape[i]), strides.push_back(steps[i]);
    length = shape[row] < 0 || shape[column] < 0 ? -1 : std::max<int64_t>(std::min(h, w), 0);
    sizes.push_back(length), strides.push_back(steps[row] + steps[column]);
    offset = k < 0 ? -k * steps[row] : k * steps[column];
  }
  // Between the whole array and the diagonals, which are in C order.
  void copy(const Tensor& whole, const Tensor& diagonals, bool back) const {
    if (sizes.size() == 0) return;
    const Shape packed = strides_of(sizes);
    StridedCopy copy;
    for (int i = 0; i < sizes.ndim; ++i)
      copy.axis(sizes[i], back ? packed[i] : strides[i], back ? strides[i] : packed[i]);
    void* const place = element_at(whole, offset);
    copy.run(back ? diagonals.data : place, back ? place : diagonals.data, size_of(whole.dtype));
  }
};

}  // namespace

MX_OPERATOR(diag) {
  op.describe("A diagonal of the matrices along two axes; of a vector, the matrix that has it as diagonal.")
      .input("data", "The array, or the vector.")
      .params<DiagParam>()
      .infer_shape([](const InferShape& s) {
        const auto& p = s.as<DiagParam>();
        const Shape& data = s.in[0];
        if (!data.rank_known()) return;
        if (data.ndim != 1) return s.set_output(0, Diagonal(p, data, s.op.name).sizes);
        const int64_t n = data[0] < 0 ? -1 : data[0] + std::abs(p.k);
        s.set_output(0, Shape{n, n});
      })
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<DiagParam>();
        const Tensor &data = ctx.in[0], &out = ctx.out[0];
        if (data.shape.ndim != 1) return Diagonal(p, data.shape, ctx.op.name).copy(data, out, false);
        fill_zeros(out);
        Diagonal({p.k}, out.shape, ctx.op.name).copy(out, data, true);
      })
      .gradient([](GradientContext& g) { g.set(0, g.call_same("_backward_diag", {g.head(), g.input(0)}).at(0)); });
}

MX_OPERATOR(_backward_diag) {
  op.describe("The gradient of diag.")
      .input("head", "The gradient of the result.")
      .input("data", "Only its shape matters.")
      .params<DiagParam>()
      .reads([](const void*, size_t input) { return input == 0; })
      .infer_shape([](const InferShape& s) { s.same(1, 0); })
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<DiagParam>();
        const Tensor &head = ctx.in[0], &out = ctx.out[0];
        if (out.shape.ndim == 1) return Diagonal({p.k}, head.shape, ctx.op.name).copy(head, out, false);
        fill_zeros(out);
        Diagonal(p, out.shape, ctx.op.name).copy(out, head, true);
      })
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call_same("diag", {g.head()}).at(0));
        if (g.wants(1)) g.set(1, g.zeros_like(g.input(1)));
      });
}

}  // namespace mx
