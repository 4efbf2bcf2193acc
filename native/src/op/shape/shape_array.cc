// The shape and the size of an array as arrays.
#include "mx/op.h"

namespace mx {

MX_OPERATOR(shape_array) {
  op.describe("The shape of the array, as int64.")
      .input("data", "The array; only its shape matters.")
      .no_gradient()
      .infer_shape([](const InferShape& s) {
        if (s.in[0].rank_known()) s.set_output(0, Shape{s.in[0].ndim});
      })
      .infer_dtype([](const InferDType& t) { t.set_output(0, DType::kInt64); })
      .forward([](const OpContext& ctx) {
        int i = 0;
        for (int64_t dim : ctx.in[0].shape) ctx.out[0].as<int64_t>()[i++] = dim;
      });
}

MX_OPERATOR(size_array) {
  op.describe("The number of elements of the array, as int64.")
      .input("data", "The array; only its shape matters.")
      .no_gradient()
      .infer_shape([](const InferShape& s) { s.set_output(0, Shape{1}); })
      .infer_dtype([](const InferDType& t) { t.set_output(0, DType::kInt64); })
      .forward([](const OpContext& ctx) { *ctx.out[0].as<int64_t>() = ctx.in[0].size(); });
}

}  // namespace mx
