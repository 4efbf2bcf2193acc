// Two old operators on the rows of a matrix with one index each; pick, one_hot and scatter_nd say the same in general.
#include <algorithm>

#include "device/blocks.h"
#include "mx/op.h"
#include "rows.h"

namespace mx {
namespace {

// out[i, index[i]] = values[i]; `values` may be one number in host memory.
void put_in_rows(const Tensor& values, const int64_t* index, const Tensor& out) {
  const int64_t rows = out.shape[0], columns = out.shape[1], step = values.size() > 1;
  if (device::current()) {
    StridedCopy copy;
    const int64_t index_stride = 1;
    copy.axis(rows, step, columns);
    return device::run_gather(copy, &index_stride, values, index, out, 1, columns, true);
  }
  for (int64_t i = 0; i < rows; ++i)
    std::copy_n(element_at(values, i * step), size_of(out.dtype), element_at(out, i * columns + index[i]));
}

void check_matrix(const InferShape& s, const Shape& matrix) {
  MX_CHECK(matrix.ndim == 2, kValue, "[", s.op.name, "] the matrix has shape ", matrix, ", but must have two axes");
}

}  // namespace

MX_OPERATOR(_onehot_encode) {
  op.describe("For every index a row of zeros with a one at the index; one_hot does the same.")
      .input("lhs", "The indices, (rows,).")
      .input("rhs", "A matrix, (rows, columns), of the shape and dtype of the result.")
      .no_gradient()
      .inplace(1, 0)
      .reads([](const void*, size_t input) { return input == 0; })
      .infer_dtype([](const InferDType& t) {
        t.set_output(0, t.in[1]);
        t.set_input(1, t.out[0]);
        if (t.in[0] == DType::kUnknown) t.set_input(0, t.in[1]);
      })
      .infer_shape([](const InferShape& s) {
        s.same(1, 0);
        if (!s.in[1].rank_known()) return;
        check_matrix(s, s.in[1]);
        s.set_input(0, Shape{s.in[1][0]});
      })
      .portable_forward([](const OpContext& ctx) {
        const Tensor& out = ctx.out[0];
        const int64_t* index = read_indices(ctx, ctx.in[0], out.shape[1], OutOfRange::kRaise);
        alignas(8) char one[8];
        const int32_t number = 1;
        convert(&number, DType::kInt32, one, out.dtype, 1);
        fill_zeros(out);
        put_in_rows({one, {1}, out.dtype}, index, out);
      });
}

MX_OPERATOR(fill_element_0index) {
  op.describe("A matrix with one element of every row replaced.")
      .input("lhs", "The matrix, (rows, columns).")
      .input("mhs", "The new elements, (rows,).")
      .input("rhs", "The column of each, (rows,).")
      .no_gradient()
      .inplace(0, 0)
      .infer_dtype([](const InferDType& t) {
        t.set_output(0, t.in[0]);
        t.set_input(0, t.out[0]);
        t.set_input(1, t.in[0]);
        if (t.in[2] == DType::kUnknown) t.set_input(2, t.in[0]);
      })
      .infer_shape([](const InferShape& s) {
        s.same(0, 0);
        if (!s.in[0].rank_known()) return;
        check_matrix(s, s.in[0]);
        for (size_t i : {1, 2}) s.set_input(i, Shape{s.in[0][0]});
      })
      .portable_forward([](const OpContext& ctx) {
        const Tensor& out = ctx.out[0];
        const int64_t* index = read_indices(ctx, ctx.in[2], out.shape[1], OutOfRange::kRaise);
        copy_flat(ctx.in[0], out);
        put_in_rows(ctx.in[1], index, out);
      });
}

}  // namespace mx
