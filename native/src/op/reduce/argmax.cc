// Where the largest or the smallest element is. Of equal elements the first counts, and NaN before anything else.
#include "mx/op/reduce.h"
#include "mx/op/rows.h"

namespace mx {
namespace {
struct ArgParam {
  std::optional<int32_t> axis;
  bool keepdims = false;
  static void fields(auto& f) {
    f.add("axis", &ArgParam::axis, "The axis to search; negative ones count from the end. None: the flattened array.");
    f.add("keepdims", &ArgParam::keepdims, "Keep the axis with size 1.");
  }
};
enum Mode : int { kRow, kColumns };

// On a device long rows are searched in pieces of this many elements.
inline constexpr int64_t kArgPiece = 8192;
}  // namespace
}  // namespace mx

namespace mx::MX_ISA {
template <bool kSmallest>
struct ArgBest {
  template <class T>
  MX_XPU static bool better(T a, T b) {
    return (kSmallest ? a < b : a > b) || (a != a && b == b);
  }
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const T* const x = static_cast<const T*>(in[0]);
    if (args.mode == kColumns) {  // out: the best so far, and the row where it was; extra: this row
      T* const best = static_cast<T*>(out[0]);
      int64_t* const index = static_cast<int64_t*>(out[1]);
      const int64_t row = args.extra[0];
      for (int64_t i = 0; i < n; ++i) {
        const bool wins = row == 0 || better(x[i], best[i]);
        best[i] = wins ? x[i] : best[i];
        index[i] = wins ? row : index[i];
      }
      return;
    }
    constexpr int lanes = 32;
    T best = x[0];
    if (n >= lanes) {
      T bests[lanes];
      for (int k = 0; k < lanes; ++k) bests[k] = x[k];
      for (int64_t i = lanes; i + lanes <= n; i += lanes)
        for (int k = 0; k < lanes; ++k) bests[k] = better(x[i + k], bests[k]) ? x[i + k] : bests[k];
      for (int64_t i = n - lanes; i < n; ++i) best = better(x[i], best) ? x[i] : best;
      for (int k = 0; k < lanes; ++k) best = better(bests[k], best) ? bests[k] : best;
    } else {
      for (int64_t i = 1; i < n; ++i) best = better(x[i], best) ? x[i] : best;
    }
    int64_t at = 0;
    while (best != best ? x[at] == x[at] : x[at] != best) ++at;
    *static_cast<int64_t*>(out[0]) = at;
  }
};

#if defined(MX_PASS_CUDA)
// in: data, or what the pieces of a row found (the values and their places). out: the value, its place in the row.
template <bool kSmallest, bool kPieces = false>
struct ArgRow {
  static constexpr int kInputs = 1 + kPieces, kOutputs = 2;
  template <class T>
  struct Found {
    T value;
    int64_t at;  // -1: nothing yet
  };
  template <class T, class Row>
  MX_XPU void operator()(const Row& row) const {
    const auto best = row.reduce(
        Found<T>{T(0), -1},
        [&](int64_t i) {
          if constexpr (kPieces)
            return Found<T>{row.in(0, i), i * kArgPiece + row.integer(1, i)};
          else
            return Found<T>{row.in(0, i), i};
        },
        [](const Found<T>& a, const Found<T>& b) {
          if (a.at < 0 || b.at < 0) return a.at < 0 ? b : a;
          if (ArgBest<kSmallest>::better(a.value, b.value)) return a;
          if (ArgBest<kSmallest>::better(b.value, a.value)) return b;
          return a.at < b.at ? a : b;
        });
    row.once([&] {
      if (row.wants(0)) row.out(0, 0, best.value);
      row.out(1, 0, best.at);
    });
  }
};
template <bool kSmallest>
struct ArgPiecesRow : ArgRow<kSmallest, true> {};
template <bool kSmallest>
struct DeviceBlock<ArgBest<kSmallest>> : DeviceBlock<Rows<ArgRow<kSmallest>>> {};
#endif

}  // namespace mx::MX_ISA

MX_KERNELS(argmax, ArgBest<false>, float, double, int32_t, int64_t)
MX_KERNELS(argmin, ArgBest<true>, float, double, int32_t, int64_t)
#if defined(MX_PASS_CUDA)
MX_DEVICE_KERNELS(argmax_pieces, Rows<ArgPiecesRow<false>>, float, double, int32_t, int64_t)
MX_DEVICE_KERNELS(argmin_pieces, Rows<ArgPiecesRow<true>>, float, double, int32_t, int64_t)
#endif

#if defined(MX_PASS_HOST)
#include "device/blocks.h"
#include "engine/threads.h"

namespace mx {
namespace {

void device_search(const OpContext& ctx, const Kernel& kernel, const RowView& v) {
  const Tensor &in = ctx.in[0], &out = ctx.out[0];
  const DType lane = kernel.lane(in.dtype);
  constexpr int64_t kEnough = 256;  // rows that fill a device
  const int64_t full = v.size / kArgPiece, rest = v.size % kArgPiece, parts = full + (rest > 0);
  if (v.inner > 1 || v.outer >= kEnough || parts < 2)
    return device::run_rows(kernel.name(), lane, v, {whole_rows(in, v)}, {per_row({}, v), per_row(out, v)});
  const auto room = [&](DType dtype) {
    return Tensor{ctx.workspace(static_cast<size_t>(v.outer * parts) * size_of(dtype)), {v.outer, parts}, dtype};
  };
  const Tensor values = room(lane), places = room(DType::kInt64);
  const auto search = [&](int64_t first, int64_t count, int64_t size) {  // from piece `first` on
    const auto part = [&](const Tensor& t) {
      return RowOperand{{element_at(t, first), t.shape, t.dtype}, {parts, 1, 0}};
    };
    const RowOperand data{{element_at(in, first * kArgPiece), in.shape, in.dtype}, {v.size, kArgPiece, 1}};
    device::run_rows(kernel.name(), lane, {v.outer, size, count}, {data}, {part(values), part(places)});
  };
  search(0, full, kArgPiece);
  if (rest) search(full, 1, rest);
  const RowView found{v.outer, parts, 1};
  device::run_rows(str(kernel.name(), "_pieces").c_str(), lane, found,
                   {whole_rows(values, found), whole_rows(places, found)}, {per_row({}, found), per_row(out, found)});
}

// in[outer, count, inner] -> out[outer, inner]
void search(const OpContext& ctx, const Kernel& kernel, int64_t outer, int64_t count, int64_t inner) {
  MX_CHECK(count > 0, kValue, "[", ctx.op.name, "] there is nothing to search in an array of shape ", ctx.in[0].shape);
  if (device::current()) return device_search(ctx, kernel, {outer, count, inner});
  const DType dtype = ctx.in[0].dtype, lane = kernel.lane(dtype);
  const Loop loop = kernel.loop(lane);
  // Other dtypes are converted as a whole: these operators are rarely the long part of a program.
  const char* data = ctx.in[0].as<char>();
  if (lane != dtype) {
    char* converted = static_cast<char*>(ctx.workspace(ctx.in[0].size() * size_of(lane)));
    convert(data, dtype, converted, lane, ctx.in[0].size());
    data = converted;
  }
  int64_t* index = static_cast<int64_t*>(ctx.workspace(outer * inner * sizeof(int64_t)));
  const int64_t size = static_cast<int64_t>(size_of(lane));
  if (inner == 1) {
    engine::parallel_for(outer, kGrain / count + 1, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) {
        const void* from = data + o * count * size;
        void* to = index + o;
        loop(&to, &from, count, LoopArgs{.mode = kRow});
      }
    });
  } else {
    char* best = static_cast<char*>(ctx.workspace(outer * inner * size));
    engine::parallel_for(outer, kGrain / (count * inner) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o)
        for (int64_t row = 0; row < count; ++row) {
          const void* from = data + (o * count + row) * inner * size;
          void* to[] = {best + o * inner * size, index + o * inner};
          loop(to, &from, inner, LoopArgs{.mode = kColumns, .extra = &row});
        }
    });
  }
  convert(index, DType::kInt64, ctx.out[0].data, ctx.out[0].dtype, outer * inner);
}

void forward(const OpContext& ctx) {
  const auto& p = ctx.as<ArgParam>();
  const Shape& shape = ctx.in[0].shape;
  const Kernel& kernel = *static_cast<const Kernel*>(ctx.op.block_data);
  if (!p.axis) return search(ctx, kernel, 1, shape.size(), 1);
  const int axis = normalize_axis(*p.axis, shape.ndim, ctx.op.name);
  search(ctx, kernel, shape.size(0, axis), shape[axis], shape.size(axis + 1, shape.ndim));
}

OpDef& arg_operator(OpDef& op, const char* kernel) {
  return op.input("data", "The array.")
      .params<ArgParam>()
      .data(&get_kernel(kernel))
      .portable_forward(forward)
      .no_gradient()
      .infer_shape([](const InferShape& s) {
        const auto& p = s.as<ArgParam>();
        if (!s.in[0].rank_known()) return;
        const unsigned axes = p.axis ? 1u << normalize_axis(*p.axis, s.in[0].ndim, s.op.name) : ~0u;
        s.set_output(0, reduced_shape(s.in[0], axes, p.keepdims));
      });
}

}  // namespace

MX_OPERATOR(argmax) {
  arg_operator(op, "argmax").describe("The index of the largest element along an axis, in the dtype of the array.");
}
MX_OPERATOR(argmin) {
  arg_operator(op, "argmin").describe("The index of the smallest element along an axis, in the dtype of the array.");
}
MX_OPERATOR(argmax_channel) {
  op.describe("The index of the largest element along axis 1.")
      .input("data", "The array, of 2 or more dimensions.")
      .no_gradient()
      .infer_shape([](const InferShape& s) {
        if (!s.in[0].rank_known()) return;
        MX_CHECK(s.in[0].ndim >= 2, kValue, "[argmax_channel] data has shape ", s.in[0],
                 ", but needs 2 dimensions or more; use argmax");
        s.set_output(0, reduced_shape(s.in[0], 1u << 1, false));
      })
      .portable_forward([](const OpContext& ctx) {
        const Shape& shape = ctx.in[0].shape;
        search(ctx, get_kernel("argmax"), shape[0], shape[1], shape.size(2, shape.ndim));
      });
}

}  // namespace mx
#endif
