#include "mx/op.h"

#if defined(MX_PASS_CUDA)
#include "mx/cuda/sort.h"

namespace mx::MX_ISA {
struct SelectPlaces {};
template <>
struct DeviceBlock<SelectPlaces> {
  static constexpr int kKind = MX_BLOCK_DENSE;
  template <class T>
  static int run(const MXBlock* block) {
    return select_places(block, static_cast<const uint8_t*>(block->in[0].data),
                         *static_cast<const int64_t*>(block->params), static_cast<int64_t*>(block->out[0].data),
                         static_cast<int64_t*>(block->out[1].data));
  }
};
}  // namespace mx::MX_ISA
MX_DEVICE_KERNELS(select_places, SelectPlaces, uint8_t)
#endif

#if defined(MX_PASS_HOST)
#include <algorithm>
#include <cstring>

#include "device/blocks.h"
#include "device/dense.h"
#include "engine/threads.h"
#include "graph/builder.h"
#include "mx/op/kernel.h"
#include "mx/op/strided.h"

namespace mx {
namespace {

struct BooleanMaskParam {
  int32_t axis = 0;
  static void fields(auto& f) {
    f.add("axis", &BooleanMaskParam::axis, "The axis to select from; negative ones count from the end.");
  }
};

// The same when it is known how many entries there are.
struct SelectParam {
  int32_t axis = 0;
  int64_t count = 0;
  static void fields(auto& f) {
    f.add("axis", &SelectParam::axis, "The axis to select from.");
    f.add("count", &SelectParam::count, "How many elements of the mask are not zero.");
  }
};

int64_t count_selected(const NDArray& mask) {
  NDArray values(mask.shape, mask.dtype);
  copy(mask, values);
  wait_to_read(values);
  NDArray flags(mask.shape, DType::kBool);
  convert(values.data(), values.dtype, flags.data(), DType::kBool, values.size());
  return std::count(flags.tensor().as<bool>(), flags.tensor().as<bool>() + flags.size(), true);
}

// Copies the selected entries out of an array, or back into one.
void move_selected(const OpContext& ctx, const Tensor& whole, const Tensor& part, bool back) {
  const int axis = ctx.as<SelectParam>().axis;
  const int64_t n = whole.shape[axis], count = ctx.as<SelectParam>().count, outer = whole.shape.size(0, axis);
  const int64_t inner = whole.shape.size(axis + 1, whole.shape.ndim);
  bool* const flags = static_cast<bool*>(ctx.workspace(static_cast<size_t>(n)));
  int64_t* const index = static_cast<int64_t*>(ctx.workspace(static_cast<size_t>(n) * sizeof(int64_t)));
  convert(ctx.in[1].data, ctx.in[1].dtype, flags, DType::kBool, n);
  int64_t found = 0;
  if (device::current()) {
    const Tensor places{index, {n}, DType::kInt64}, size{ctx.workspace(sizeof found), {1}, DType::kInt64};
    if (n) device::run_dense("select_places", DType::kUint8, {{flags, {n}, DType::kUint8}}, {places, size}, &n);
    if (n) device::read(size.data, &found, sizeof found);
  } else {
    for (int64_t i = 0; i < n; ++i)
      if (flags[i]) index[found++] = i;
  }
  MX_CHECK(found == count, kInternal, "[", ctx.op.name, "] the mask has changed");
  if (device::current()) {
    StridedCopy copy;
    const int64_t whole_strides[] = {n * inner, 0, 1}, part_strides[] = {count * inner, inner, 1},
                  index_strides[] = {0, 1, 0}, dims[] = {outer, count, inner};
    for (int i = 0; i < 3; ++i)
      copy.axis(dims[i], (back ? part_strides : whole_strides)[i], (back ? whole_strides : part_strides)[i]);
    return device::run_gather(copy, index_strides, back ? part : whole, index, back ? whole : part, inner, n, back);
  }
  const size_t bytes = static_cast<size_t>(inner) * size_of(whole.dtype);
  engine::parallel_for(outer * count, kGrain / (inner + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      char* const a = element_at(whole, (row / count * n + index[row % count]) * inner);
      char* const b = element_at(part, row * inner);
      std::memcpy(back ? a : b, back ? b : a, bytes);
    }
  });
}

void select_dtype(const InferDType& t) {
  t.set_output(0, t.in[0]);
  t.set_input(0, t.out[0]);
  if (t.in[1] == DType::kUnknown) t.set_input(1, DType::kFloat32);
}

}  // namespace

MX_OPERATOR(_boolean_select) {
  op.describe("So many entries along an axis as are not zero in a mask.")
      .hidden()
      .input("data", "The array.")
      .input("index", "The mask.")
      .params<SelectParam>()
      .infer_dtype(select_dtype)
      .infer_shape([](const InferShape& s) {
        if (!s.in[0].rank_known()) return;
        Shape out = s.in[0];
        out[s.as<SelectParam>().axis] = s.as<SelectParam>().count;
        s.set_output(0, out);
      })
      .portable_forward([](const OpContext& ctx) { move_selected(ctx, ctx.in[0], ctx.out[0], false); })
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call_same("_backward_boolean_select", {g.head(), g.input(1), g.input(0)}).at(0));
        if (g.wants(1)) g.set(1, g.zeros_like(g.input(1)));
      });
}

MX_OPERATOR(_backward_boolean_select) {
  op.describe("The gradient of _boolean_select.")
      .input("head", "The gradient of the result.")
      .input("index", "The mask.")
      .input("data", "Only its shape matters.")
      .params<SelectParam>()
      .reads([](const void*, size_t input) { return input != 2; })
      .infer_dtype(select_dtype)
      .infer_shape([](const InferShape& s) { s.same(2, 0); })
      .portable_forward([](const OpContext& ctx) {
        fill_zeros(ctx.out[0]);
        move_selected(ctx, ctx.out[0], ctx.in[0], true);
      })
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call_same("_boolean_select", {g.head(), g.input(1)}).at(0));
        for (size_t i : {1, 2})
          if (g.wants(i)) g.set(i, g.zeros_like(g.input(i)));
      });
}

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
        c.out = {c.call("_boolean_select", {c.in[0], c.in[1]}, SelectParam{axis, count_selected(mask)})};
      });
}

}  // namespace mx
#endif
