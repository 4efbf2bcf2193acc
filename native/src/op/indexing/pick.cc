// One element per row, chosen by an index; and the reverse, a row of zeros with a one.
#include <algorithm>

#include "device/blocks.h"
#include "engine/threads.h"
#include "mx/op.h"
#include "rows.h"

namespace mx {
namespace {

struct PickParam {
  std::optional<int32_t> axis = -1;
  bool keepdims = false;
  enum Mode : int32_t { kClip, kWrap } mode = kClip;
  static void fields(auto& f) {
    f.add("axis", &PickParam::axis,
          "The axis to pick from; negative ones count from the end. None: the flattened array.");
    f.add("keepdims", &PickParam::keepdims, "Keep the axis with size 1.");
    f.add("mode", &PickParam::mode, "What an index out of range means: the nearest one (clip), or counting on (wrap).")
        .names({"clip", "wrap"});
  }
};
struct OneHotParam {
  int64_t depth = 1;
  double on_value = 1, off_value = 0;
  DType dtype = DType::kFloat32;
  static void fields(auto& f) {
    f.add("depth", &OneHotParam::depth, "The size of the new last axis.").range(0).required();
    f.add("on_value", &OneHotParam::on_value, "What stands at the index.");
    f.add("off_value", &OneHotParam::off_value, "What stands elsewhere.");
    f.add("dtype", &OneHotParam::dtype, "The dtype of the result.");
  }
};

Shape picked_shape(const PickParam& p, const Shape& data, bool keepdims) {
  if (!p.axis) return keepdims ? Shape::filled(data.ndim, 1) : Shape{1};
  const int axis = normalize_axis(*p.axis, data.ndim, "pick");
  Shape out = Shape::scalar();
  for (int i = 0; i < data.ndim; ++i) {
    if (i != axis)
      out.push_back(data[i]);
    else if (keepdims)
      out.push_back(1);
  }
  if (out.ndim == 0) out.push_back(1);
  return out;
}

// Between the chosen elements of `data` and `result`: reads them, or writes them back.
template <class Word, bool kBack>
void pick_words(const Tensor& data, const Tensor& result, const int64_t* index, int64_t size, int64_t inner) {
  Word *const d = data.as<Word>(), *const r = result.as<Word>();
  engine::parallel_for(result.size(), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      Word& element = d[(i / inner * size + index[i]) * inner + i % inner];
      if constexpr (kBack)
        element = r[i];
      else
        r[i] = element;
    }
  });
}
template <bool kBack>
void pick(const OpContext& ctx, const Tensor& data, const Tensor& result, const Tensor& index_array) {
  const auto& p = ctx.as<PickParam>();
  int64_t size = data.size(), inner = 1;
  if (p.axis) {
    const int axis = normalize_axis(*p.axis, data.shape.ndim, "pick");
    size = data.shape[axis], inner = data.shape.size(axis + 1, data.shape.ndim);
  }
  const int64_t* index =
      read_indices(ctx, index_array, size, p.mode == PickParam::kClip ? OutOfRange::kClip : OutOfRange::kWrap);
  if (result.size() == 0) return;
  if (device::current()) {
    StridedCopy copy;
    const int64_t row = size * inner, index_strides[] = {inner, 1};
    copy.axis(result.size() / inner, kBack ? inner : row, kBack ? row : inner);
    copy.axis(inner, 1, 1);
    return device::run_gather(copy, index_strides, kBack ? result : data, index, kBack ? data : result, inner, size,
                              kBack);
  }
  switch (size_of(data.dtype)) {
    case 1:
      return pick_words<uint8_t, kBack>(data, result, index, size, inner);
    case 2:
      return pick_words<uint16_t, kBack>(data, result, index, size, inner);
    case 4:
      return pick_words<uint32_t, kBack>(data, result, index, size, inner);
    default:
      return pick_words<uint64_t, kBack>(data, result, index, size, inner);
  }
}

template <DType kIndex>
void pick_dtype(const InferDType& t) {
  t.set_output(0, t.in[0]);
  t.set_input(0, t.out[0]);
  if (t.in[1] == DType::kUnknown) t.set_input(1, kIndex);
}

}  // namespace

MX_OPERATOR(pick) {
  op.describe("One element along an axis for every index.")
      .alias("choose_element_0index")
      .input("data", "The array.")
      .input("index", "The indices, of the shape of data without the axis (or with size 1 there).")
      .params<PickParam>()
      .infer_dtype(pick_dtype<DType::kFloat32>)
      .infer_shape([](const InferShape& s) {
        const auto& p = s.as<PickParam>();
        const Shape& data = s.in[0];
        if (!data.rank_known()) return;
        s.set_output(0, picked_shape(p, data, p.keepdims));
        Shape kept = picked_shape(p, data, true);
        if (s.in[1].ndim == kept.ndim && unify(kept, s.in[1])) return s.set_input(1, kept);
        s.set_input(1, picked_shape(p, data, false));
      })
      .portable_forward([](const OpContext& ctx) { pick<false>(ctx, ctx.in[0], ctx.out[0], ctx.in[1]); })
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call_same("_backward_pick", {g.head(), g.input(1), g.input(0)}).at(0));
        if (g.wants(1)) g.set(1, g.zeros_like(g.input(1)));
      });
}
MX_OPERATOR(_backward_pick) {
  op.describe("The gradient of pick.")
      .input("head", "The gradient of the result.")
      .input("index", "The indices.")
      .input("data", "Only its shape matters.")
      .params<PickParam>()
      .infer_dtype(pick_dtype<DType::kFloat32>)
      .infer_shape([](const InferShape& s) { s.same(2, 0); })
      .portable_forward([](const OpContext& ctx) {
        fill_zeros(ctx.out[0]);
        pick<true>(ctx, ctx.out[0], ctx.in[0], ctx.in[1]);
      });
}

MX_OPERATOR(one_hot) {
  op.describe(
        "For every index a row that has one value at the index and another one elsewhere; an index out of range has no "
        "place in its row.")
      .input("indices", "The indices, any shape and dtype.")
      .params<OneHotParam>()
      .no_gradient()
      .infer_shape([](const InferShape& s) {
        if (!s.in[0].rank_known()) return;
        Shape out = s.in[0];
        out.push_back(s.as<OneHotParam>().depth);
        s.set_output(0, out);
      })
      .infer_dtype([](const InferDType& t) {
        t.set_output(0, t.as<OneHotParam>().dtype);
        if (t.in[0] == DType::kUnknown) t.set_input(0, DType::kFloat32);
      })
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<OneHotParam>();
        const Tensor& out = ctx.out[0];
        if (out.size() == 0) return;
        const int64_t n = ctx.in[0].size();
        int64_t* index = static_cast<int64_t*>(ctx.workspace(static_cast<size_t>(n) * sizeof(int64_t)));
        convert(ctx.in[0].data, ctx.in[0].dtype, index, DType::kInt64, n);
        alignas(8) char on[8], off[8];
        convert(&p.on_value, DType::kFloat64, on, out.dtype, 1);
        convert(&p.off_value, DType::kFloat64, off, out.dtype, 1);
        StridedCopy fill;
        fill.axis(out.size(), 0, 1);
        fill.run(off, out.data, size_of(out.dtype));
        if (device::current()) {
          StridedCopy one;
          const int64_t index_stride = 1;
          one.axis(n, 0, p.depth);
          return device::run_gather(one, &index_stride, {on, {1}, out.dtype}, index, out, 1, p.depth, true);
        }
        for (int64_t i = 0; i < n; ++i)
          if (index[i] >= 0 && index[i] < p.depth)
            std::copy(on, on + size_of(out.dtype), element_at(out, i * p.depth + index[i]));
      });
}

MX_OPERATOR(batch_take) {
  op.describe("One element per row of a matrix; pick does the same for any axis.")
      .input("a", "The matrix.")
      .input("indices", "One index per row.")
      .no_gradient()
      .infer_shape([](const InferShape& s) {
        if (!s.in[0].rank_known()) return;
        MX_CHECK(s.in[0].ndim == 2, kValue, "[batch_take] a must be a matrix, got shape ", s.in[0]);
        s.set_output(0, Shape{s.in[0][0]});
        s.set_input(1, Shape{s.in[0][0]});
      })
      .infer_dtype(pick_dtype<DType::kInt32>)
      .portable_forward([](const OpContext& ctx) {
        const PickParam p;
        const OpContext with{ctx.op, &p, ctx.in, ctx.out};
        pick<false>(with, ctx.in[0], ctx.out[0], ctx.in[1]);
      });
}

}  // namespace mx
