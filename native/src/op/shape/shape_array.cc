// The shape and the size of an array as arrays.
#include "mx/op.h"
#include "mx/op/kernel.h"
#include "mx/op/strided.h"

namespace mx {
namespace {

void write(const Tensor& out, int64_t i, int64_t value) {
  convert(&value, DType::kInt64, element_at(out, i), out.dtype, 1);
}

}  // namespace

MX_OPERATOR(shape_array) {
  op.describe("The shape of the array, as int64.")
      .input("data", "The array; only its shape matters.")
      .no_gradient()
      .infer_shape([](const InferShape& s) {
        if (s.in[0].rank_known()) s.set_output(0, Shape{s.in[0].ndim});
      })
      .infer_dtype([](const InferDType& t) { t.set_output(0, DType::kInt64); })
      .portable_forward([](const OpContext& ctx) {
        int64_t i = 0;
        for (const int64_t dim : ctx.in[0].shape) write(ctx.out[0], i++, dim);
      });
}

MX_OPERATOR(size_array) {
  op.describe("The number of elements of the array, as int64.")
      .input("data", "The array; only its shape matters.")
      .no_gradient()
      .infer_shape([](const InferShape& s) { s.set_output(0, Shape{1}); })
      .infer_dtype([](const InferDType& t) { t.set_output(0, DType::kInt64); })
      .portable_forward([](const OpContext& ctx) { write(ctx.out[0], 0, ctx.in[0].size()); });
}

}  // namespace mx
