#include "graph/builder.h"
#include "mx/op.h"
#include "take_param.h"

namespace mx {
namespace {

struct BooleanMaskParam {
  int32_t axis = 0;
  static void fields(auto& f) {
    f.add("axis", &BooleanMaskParam::axis, "The axis to select from; negative ones count from the end.");
  }
};

// Where the mask is not zero, on the device of the mask.
NDArrayRef selected(const NDArray& mask) {
  NDArray values(mask.shape, mask.dtype), flags(mask.shape, DType::kBool);
  copy(mask, values);
  wait_to_read(values);
  convert(values.data(), values.dtype, flags.data(), DType::kBool, values.size());
  const bool* const flag = flags.tensor().as<bool>();
  int64_t count = 0;
  for (int64_t i = 0; i < flags.size(); ++i) count += flag[i];
  const auto index = make_ref<NDArray>(Shape{count}, DType::kInt64);
  int64_t* at = index->tensor().as<int64_t>();
  for (int64_t i = 0; i < flags.size(); ++i)
    if (flag[i]) *at++ = i;
  if (mask.device().is_cpu()) return index;
  auto there = make_ref<NDArray>(index->shape, index->dtype, mask.device());
  copy(*index, *there);
  return there;
}

}  // namespace

// A composite, because the shape of the result depends on values: they are known when arrays are at hand.
MX_OPERATOR(_contrib_boolean_mask) {
  op.describe("The entries along an axis where a mask is not zero.")
      .alias("_npi_boolean_mask")
      .input("data", "The array.")
      .input("index", "The mask, a vector as long as the axis.")
      .params<BooleanMaskParam>()
      .compose([](ComposeContext& c) {
        MX_CHECK(c.in[1].array, kUnsupported,
                 "[_contrib_boolean_mask] the shape of the result depends on the values of the mask, so it cannot be "
                 "part of a symbol; multiply by the mask or use it on arrays");
        const NDArray &data = *to_array(c.in[0]), &mask = *to_array(c.in[1]);
        const int axis = normalize_axis(c.as<BooleanMaskParam>().axis, data.shape.ndim, "_contrib_boolean_mask");
        MX_CHECK(mask.shape == Shape{data.shape[axis]}, kValue, "[_contrib_boolean_mask] index has shape ", mask.shape,
                 ", but must have shape (", data.shape[axis], ",) for axis ", axis, " of data ", data.shape);
        c.out = {c.call("take", {c.in[0], to_value(selected(mask))}, TakeParam{axis})};
      });
}

}  // namespace mx
