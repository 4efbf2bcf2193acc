// The driver of reductions. Axes are merged into groups that are kept or reduced; each step takes the innermost reduced
// group away, first from the array itself, then from partial results.
#include "mx/op/reduce.h"

#include <algorithm>

#include "device/blocks.h"
#include "engine/threads.h"
#include "mx/op/strided.h"

namespace mx {
namespace {

constexpr int64_t kRowPiece = 4096;      // elements of a row that one partial result covers
constexpr int64_t kColumnPiece = 256;    // rows that one partial result covers, or more of narrow ones:
constexpr int64_t kNarrowPiece = 65536;  // so many elements
constexpr int64_t kColumnWidth = 2048;   // columns of one task

struct Stepper {
  const OpContext& ctx;
  const Kernel& kernel;
  DType lane;
  Loop loop;
  int64_t lane_size;

  void call(int mode, void* to, const void* from, int64_t n, int64_t count = 0, int64_t stride = 0) const {
    LoopArgs args{ctx.params};
    const int64_t extra[] = {count, stride};
    args.mode = mode, args.extra = extra;
    loop(&to, &from, n, args);
  }
  char* at(void* lanes, int64_t i) const { return static_cast<char*>(lanes) + i * lane_size; }

  // `n` elements of the input, converted where they have to be.
  const void* lanes(const Tensor& in, int64_t offset, int64_t n, void* block) const {
    if (in.dtype == lane) return element_at(in, offset);
    convert(element_at(in, offset), in.dtype, block, lane, n);
    return block;
  }

  // Elements of one chunk: a thread likes to go on, and its memory is fetched ahead.
  static int64_t grain_of(int64_t size) { return std::clamp(size / 64, kGrain, 8 * kGrain); }

  // partials[pieces, width] -> partials[0, width], in a tree.
  void tree(char* partials, int64_t pieces, int64_t width) const {
    while (pieces > 1) {
      const int64_t half = pieces / 2, rest = pieces - half;
      call(kReduceCombine, partials, at(partials, rest * width), half * width, 1);
      pieces = rest;
    }
  }
  // partials[outer, pieces, width] -> out[outer, width]
  void finish_pieces(char* partials, int64_t outer, int64_t pieces, int64_t width, char* out) const {
    if (pieces == 1) return;
    for (int64_t o = 0; o < outer; ++o) {
      char* own = at(partials, o * pieces * width);
      tree(own, pieces, width);
      call(kReduceStart, at(out, o * width), nullptr, width);
      call(kReduceCombine, at(out, o * width), own, width, 1);
    }
  }

  // in[outer, count] -> out[outer]
  void rows(const Tensor& in, int64_t outer, int64_t count, char* out) const {
    const int64_t pieces = (count + kRowPiece - 1) / kRowPiece, tasks = outer * pieces;
    char* partials = pieces == 1 ? out : static_cast<char*>(ctx.workspace(tasks * lane_size));
    const int64_t per_task = count < kRowPiece ? count : kRowPiece, grain = grain_of(outer * count) / per_task + 1;
    // Whole short rows go to the loop together; all of them at once where nothing has to be converted.
    const int64_t together = pieces > 1 ? 1 : in.dtype == lane ? tasks : kRowPiece / count;
    const auto run = [&](int64_t begin, int64_t end) {
      alignas(64) char block[kRowPiece * 8];
      for (int64_t task = begin; task < end;) {
        const int64_t first = task % pieces * kRowPiece, n = count - first < kRowPiece ? count - first : kRowPiece;
        const int64_t rows = end - task < together ? end - task : together;
        const void* from = lanes(in, task / pieces * count + first, rows * n, block);
        call(kReduceRows, at(partials, task), from, n, rows);
        task += rows;
      }
    };
    engine::parallel_for(tasks, grain, run);
    finish_pieces(partials, outer, pieces, 1, out);
  }

  // in[outer, count, inner] -> out[outer, inner]. `mapped`: `in` holds partial results.
  void columns(const Tensor& in, int64_t outer, int64_t count, int64_t inner, char* out, bool mapped) const {
    const int64_t rows = std::max(kColumnPiece, kNarrowPiece / inner), pieces = (count + rows - 1) / rows;
    const int64_t widths = (inner + kColumnWidth - 1) / kColumnWidth;
    char* partials = pieces == 1 ? out : static_cast<char*>(ctx.workspace(outer * pieces * inner * lane_size));
    const int mode = mapped ? kReduceCombine : kReduceColumns;
    const int64_t width = inner < kColumnWidth ? inner : kColumnWidth;
    const int64_t per_task = std::min(count, rows) * width, grain = kGrain / per_task + 1;
    const auto run = [&](int64_t begin, int64_t end) {
      alignas(64) char block[kColumnWidth * 8];
      for (int64_t task = begin; task < end; ++task) {
        const int64_t left = task % widths * width, piece = task / widths % pieces, o = task / widths / pieces;
        const int64_t n = inner - left < width ? inner - left : width;
        const int64_t top = piece * rows, bottom = std::min(count, top + rows);
        char* to = at(partials, (o * pieces + piece) * inner + left);
        call(kReduceStart, to, nullptr, n);
        if (in.dtype == lane) {
          call(mode, to, element_at(in, (o * count + top) * inner + left), n, bottom - top, inner);
          continue;
        }
        // As many rows as the block holds, where they touch.
        const int64_t together = widths == 1 ? kColumnWidth / n : 1;
        for (int64_t r = top; r < bottom; r += together) {
          const int64_t height = std::min(together, bottom - r);
          call(mode, to, lanes(in, (o * count + r) * inner + left, height * n, block), n, height, n);
        }
      }
    };
    engine::parallel_for(outer * pieces * widths, grain, run);
    finish_pieces(partials, outer, pieces, inner, out);
  }
};

void forward_reduce(const OpContext& ctx) {
  const auto& p = ctx.as<ReduceParam>();
  const unsigned axes = reduced_axes(p.axis, p.exclude, ctx.in[0].shape.ndim, ctx.op.name);
  run_reduce(ctx, *static_cast<const Kernel*>(ctx.op.block_data), ctx.in[0], ctx.out[0], axes);
}

Shape result_shape(const InferShape& s, const Shape& data, bool keepdims) {
  const auto& p = s.as<ReduceParam>();
  return reduced_shape(data, reduced_axes(p.axis, p.exclude, data.ndim, s.op.name), keepdims);
}

}  // namespace

unsigned reduced_axes(const std::optional<Shape>& axis, bool exclude, int ndim, std::string_view op) {
  const unsigned all = (1u << ndim) - 1;
  if (!axis || axis->ndim <= 0) return all;
  unsigned axes = 0;
  for (int64_t value : *axis) {
    const unsigned bit = 1u << normalize_axis(value, ndim, op);
    MX_CHECK(!(axes & bit), kValue, "[", op, "] axis ", value, " stands twice in ", *axis);
    axes |= bit;
  }
  return exclude ? all & ~axes : axes;
}

Shape reduced_shape(const Shape& in, unsigned axes, bool keepdims) {
  if (!in.rank_known()) return {};
  Shape out = Shape::filled(0, 0);
  for (int i = 0; i < in.ndim; ++i) {
    if (!(axes >> i & 1))
      out.push_back(in[i]);
    else if (keepdims)
      out.push_back(1);
  }
  if (out.ndim == 0) out.push_back(1);
  return out;
}

void run_reduce(const OpContext& ctx, const Kernel& kernel, const Tensor& in, const Tensor& out, unsigned axes) {
  const int64_t results = out.size();
  if (results == 0) return;
  // The lane follows the input: a norm of int8 with a float result still starts from integers converted to `lane`.
  const DType lane = kernel.lane(is_floating(out.dtype) && !is_floating(in.dtype) ? out.dtype : in.dtype);
  if (device::current()) return device::run_reduce(kernel, lane, in, out, axes, ctx.params);
  const Stepper step{ctx, kernel, lane, kernel.loop(lane), static_cast<int64_t>(size_of(lane))};

  // Neighbouring axes of one kind become one group; axes of size 1 belong to any.
  int64_t sizes[kMaxNdim];
  bool reduced[kMaxNdim];
  int groups = 0;
  int64_t count = 1;
  for (int i = 0; i < in.shape.ndim; ++i) {
    const bool here = axes >> i & 1;
    if (here) count *= in.shape[i];
    if (in.shape[i] == 1) continue;
    if (groups && reduced[groups - 1] == here)
      sizes[groups - 1] *= in.shape[i];
    else
      sizes[groups] = in.shape[i], reduced[groups++] = here;
  }
  int steps = 0;
  for (int i = 0; i < groups; ++i) steps += reduced[i];

  char* result = out.dtype == lane ? out.as<char>() : static_cast<char*>(ctx.workspace(results * step.lane_size));
  if (count == 0) {
    step.call(kReduceStart, result, nullptr, results);
  } else if (steps == 0) {  // still maps: norm of (n, 1) over its last axis
    Tensor flat{in.data, Shape{1, results}, in.dtype};
    step.columns(flat, 1, 1, results, result, false);
  }
  Tensor from = in;
  for (int done = 0; count > 0 && done < steps; ++done) {
    int g = groups - 1;
    while (!reduced[g]) --g;
    int64_t outer = 1, inner = 1;
    for (int i = 0; i < g; ++i) outer *= sizes[i];
    for (int i = g + 1; i < groups; ++i) inner *= sizes[i];
    char* to = done + 1 == steps ? result : static_cast<char*>(ctx.workspace(outer * inner * step.lane_size));
    if (inner == 1 && done == 0)
      step.rows(from, outer, sizes[g], to);
    else
      step.columns(from, outer, sizes[g], inner, to, done > 0);
    from = Tensor{to, Shape{outer * inner}, lane};
    for (int i = g; i + 1 < groups; ++i) sizes[i] = sizes[i + 1], reduced[i] = reduced[i + 1];
    --groups;
  }
  engine::parallel_for(results, kGrain, [&](int64_t begin, int64_t end) {
    step.call(kReduceFinish, step.at(result, begin), nullptr, end - begin, count);
    if (result != out.as<char>()) convert(step.at(result, begin), lane, element_at(out, begin), out.dtype, end - begin);
  });
}

OpDef& reduce(OpDef& op, const char* kernel) {
  return op.input("data", "The array.")
      .params<ReduceParam>()
      .data(&get_kernel(kernel ? kernel : op.name.c_str()))
      .portable_forward(forward_reduce)
      .infer_shape([](const InferShape& s) {
        if (s.in[0].rank_known()) s.set_output(0, result_shape(s, s.in[0], s.as<ReduceParam>().keepdims));
      });
}

Tensor keep_axes(const Tensor& result, const Shape& data, unsigned axes) {
  Shape shape = data;
  for (int i = 0; i < data.ndim; ++i)
    if (axes >> i & 1) shape[i] = 1;
  return {result.data, shape, result.dtype};
}

namespace {
void infer_gradient(const InferShape& s) {
  for (size_t i = 0; i < s.in.size(); ++i)
    if (s.op.inputs[i].name[0] == 'd') s.same(i, 0);
  if (!s.out[0].rank_known()) return;
  for (size_t i = 0; i < s.in.size(); ++i)
    if (s.op.inputs[i].name[0] != 'd') s.set_input(i, result_shape(s, s.out[0], s.as<ReduceParam>().keepdims));
}

template <bool kMean>
void forward_spread(const OpContext& ctx) {
  const auto& p = ctx.as<ReduceParam>();
  const Tensor& out = ctx.out[0];
  const Tensor head = keep_axes(ctx.in[0], out.shape, reduced_axes(p.axis, p.exclude, out.shape.ndim, ctx.op.name));
  if constexpr (!kMean) return run_elementwise(get_kernel("copy"), std::span(&head, 1), ctx.out);
  const double factor = head.size() / static_cast<double>(out.size());
  const Tensor in[] = {head, {const_cast<double*>(&factor), Shape{1}, DType::kFloat64}};
  run_elementwise(get_kernel("multiply"), in, ctx.out);
}
}  // namespace

OpDef& spread_gradient(OpDef& op, bool mean) {
  return op.input("head", "The gradient of the result.")
      .input("data", "Only its shape matters.")
      .describe("A part of the gradient of a reduction.")
      .params<ReduceParam>()
      .infer_shape(infer_gradient)
      .portable_forward(mean ? forward_spread<true> : forward_spread<false>);
}

OpDef& reduce_gradient(OpDef& op, const char* marks) {
  static constexpr const char *kData[] = {"data0", "data1", "data2"}, *kResult[] = {"result0", "result1", "result2"};
  for (int i = 0; marks[i]; ++i) op.input(marks[i] == 'd' ? kData[i] : kResult[i], "An array.");
  op.describe("A part of the gradient of a reduction.").params<ReduceParam>().data(&get_kernel(op.name.c_str()));
  op.infer_shape(infer_gradient);
  return op.portable_forward([](const OpContext& ctx) {
    const auto& p = ctx.as<ReduceParam>();
    const Shape& data = ctx.out[0].shape;
    const unsigned axes = reduced_axes(p.axis, p.exclude, data.ndim, ctx.op.name);
    Tensor in[3];
    for (size_t i = 0; i < ctx.in.size(); ++i)
      in[i] = ctx.op.inputs[i].name[0] == 'd' ? ctx.in[i] : keep_axes(ctx.in[i], data, axes);
    run_elementwise(*static_cast<const Kernel*>(ctx.op.block_data), std::span(in, ctx.in.size()), ctx.out, ctx.params);
  });
}

}  // namespace mx
