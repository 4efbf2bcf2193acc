// The number of stored elements of a sparse array.
#include <optional>

#include "mx/op.h"

namespace mx {
namespace {
struct GetnnzParam {
  std::optional<int32_t> axis;
  static void fields(auto& f) {
    f.add("axis", &GetnnzParam::axis, "1: the elements of every row; None: of the whole array.");
  }
};
}  // namespace

MX_OPERATOR(_contrib_getnnz) {
  op.describe("How many elements a csr array stores, as int64.")
      .input("data", "The csr array.")
      .params<GetnnzParam>()
      .no_gradient()
      .infer_shape([](const InferShape& s) {
        const auto& axis = s.as<GetnnzParam>().axis;
        MX_CHECK(!axis || *axis == 1, kValue, "[_contrib_getnnz] axis is ", *axis, ", but must be None or 1");
        if (!axis) return s.set_output(0, Shape{1});
        if (s.in[0].rank_known() && s.in[0].ndim == 2) s.set_output(0, Shape{s.in[0][0]});
      })
      .infer_dtype([](const InferDType& t) { t.set_output(0, DType::kInt64); })
      .forward([](const OpContext& ctx) {
        raise(ErrorKind::kUnsupported, "[_contrib_getnnz] data of shape ", ctx.in[0].shape,
              " is dense, but only csr arrays store a part of their elements; count with (data != 0).sum()");
      });
}

}  // namespace mx
