// softmax, softmin and log_softmax along one axis.
#include <algorithm>

#include "device/scope.h"
#include "engine/threads.h"
#include "mx/op/reduce.h"
#include "mx/op/strided.h"
#include "op/nn/softmax_loops.h"
#include "op/nn/softmax_rows.h"
#include "op/streamed_task.h"

namespace mx {
namespace {
struct SoftmaxParam {
  int32_t axis = -1;
  std::optional<double> temperature;
  std::optional<DType> dtype;
  std::optional<bool> use_length = false;
  static void fields(auto& f) {
    f.add("axis", &SoftmaxParam::axis, "The axis; negative ones count from the end.");
    f.add("temperature", &SoftmaxParam::temperature, "Divides the input. None: 1.");
    f.add("dtype", &SoftmaxParam::dtype, "The dtype of the result. None: that of data.");
    f.add("use_length", &SoftmaxParam::use_length,
          "Use only the first `length` elements along the axis; the rest is 0.");
  }
};

// An array in the dtype of the lane; converted as a whole where it has another one.
Tensor in_lane(const OpContext& ctx, const Tensor& t, DType lane, bool fill) {
  if (t.dtype == lane) return t;
  const Tensor copy{ctx.workspace(static_cast<size_t>(t.size()) * size_of(lane)), t.shape, lane};
  if (fill) convert(t.data, t.dtype, copy.data, lane, t.size());
  return copy;
}

// Runs a kernel over one or two inputs. `lengths`: elements in use per row, or null.
void run_rows(const OpContext& ctx, const char* name, std::span<const Tensor> in, const Tensor& out, double sign,
              const int64_t* lengths) {
  const auto& p = ctx.as<SoftmaxParam>();
  const Shape& shape = out.shape;
  if (out.size() == 0) return;
  const Kernel& kernel = get_kernel(name);
  const DType lane = out.dtype == DType::kFloat64 || in[0].dtype == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
  const Loop loop = kernel.loop(lane);
  Tensor x[2];
  for (size_t i = 0; i < in.size(); ++i) x[i] = in_lane(ctx, in[i], lane, true);
  const Tensor y = in_lane(ctx, out, lane, false);
  const int axis = normalize_axis(p.axis, shape.ndim, ctx.op.name);
  const int64_t outer = shape.size(0, axis), count = shape[axis], inner = shape.size(axis + 1, shape.ndim);
  bool streams = worth_streaming(y.data, static_cast<int64_t>(y.bytes()));
  for (size_t i = 0; i < in.size(); ++i) streams &= x[i].data != y.data;
  const SoftmaxCall common{sign / p.temperature.value_or(1), inner, count, streams, nullptr};
  // n rows or columns from `offset` on; then those at `next`: `rows` rows of `length` elements.
  const auto run = [&](int mode, int64_t offset, int64_t n, SoftmaxCall call, int64_t next, int64_t rows,
                       int64_t length) {
    const void* from[2];
    Ahead ahead[2];
    for (size_t i = 0; i < in.size(); ++i) {
      from[i] = element_at(x[i], offset);
      const int64_t size = static_cast<int64_t>(size_of(lane));
      ahead[i] = rows == 1 ? Ahead::flat(element_at(x[i], next), length * size, length * size)
                           : Ahead{element_at(x[i], next), length * size, inner * size, rows};
    }
    if (call.streams && rows > 0) call.ahead = ahead;
    void* to = element_at(y, offset);
    loop(&to, from, n, LoopArgs{.params = &call, .mode = mode});
  };
  const int64_t task = streamed_task(static_cast<int64_t>(y.bytes())) / static_cast<int64_t>(size_of(lane));
  // Of so many elements each.
  const auto grain = [&](int64_t size, bool streaming) { return (streaming ? task : kGrain / 8) / size + 1; };
  if (lengths) {  // each row, or column, has its own
    engine::parallel_for(outer * inner, grain(count, false), [&](int64_t begin, int64_t end) {
      SoftmaxCall call = common;
      call.streams = false;
      for (int64_t one = begin; one < end; ++one) {
        const int64_t first = one / inner * count * inner + one % inner, n = call.count = lengths[one];
        run(inner == 1 ? kSoftmaxRows : kSoftmaxColumns, first, 1, call, 0, 0, 0);
        for (int64_t r = n; r < count; ++r) fill_zeros({element_at(y, first + r * inner), Shape{1}, lane});
      }
    });
  } else if (inner == 1) {
    // As many rows as make a piece that is worth streaming; all of them where rows are passed on.
    SoftmaxCall call = common;
    call.streams &= count <= kSoftmaxStaged;
    const bool passed = call.streams && in.size() == 1 && count > kSoftmaxShort && count <= kSoftmaxPassed;
    const int64_t unit = count <= kSoftmaxShort ? kSoftmaxTogether : 1;
    const int64_t size = count <= kSoftmaxShort ? kSoftmaxShortBatch : 4096;
    const int64_t batch = call.streams && !passed ? std::max(unit, size / count / unit * unit) : outer;
    engine::parallel_for(outer, (grain(count, call.streams) + unit - 1) / unit * unit, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o += batch) {
        const int64_t n = std::min(batch, end - o), left = std::min(batch, end - o - n);
        run(passed ? kSoftmaxPassedRows : kSoftmaxRows, o * count, n, call, (o + n) * count, left > 0, left * count);
      }
      if (call.streams) end_stream();
    });
  } else {
    SoftmaxCall call = common;
    const int64_t fits = kSoftmaxStaged / count / 16 * 16;
    call.streams &= fits >= 64;
    // All columns where that is possible: memory is then read and written from end to end.
    const int64_t most = inner <= std::min(kSoftmaxWidth, fits) ? inner : std::min(kSoftmaxWidth / 2, fits);
    const int64_t width = std::min(inner, call.streams ? most : kSoftmaxTogether);
    const int64_t strips = (inner + width - 1) / width;
    const auto place = [&](int64_t task) { return task / strips * count * inner + task % strips * width; };
    const auto size = [&](int64_t task) { return std::min(width, inner - task % strips * width); };
    engine::parallel_for(outer * strips, grain(count * width, call.streams), [&](int64_t begin, int64_t end) {
      // At first there are no columns yet, only what is read next.
      for (int64_t one = call.streams ? begin - 1 : begin; one < end; ++one) {
        const bool more = one + 1 < end;
        const int64_t n = one < begin ? 0 : size(one), at = place(std::max(one, begin));
        const int64_t next = more ? place(one + 1) : 0;
        if (width == inner)
          run(kSoftmaxColumns, at, n, call, next, more, count * inner);
        else
          run(kSoftmaxColumns, at, n, call, next, more ? count : 0, more ? size(one + 1) : 0);
      }
      if (call.streams) end_stream();
    });
  }
  if (y.data != out.data) convert(y.data, lane, out.data, out.dtype, out.size());
}

bool uses_length(const void* p) { return static_cast<const SoftmaxParam*>(p)->use_length.value_or(false); }
int count_inputs(const void* p) { return uses_length(p) ? 2 : 1; }

const int64_t* read_lengths(const OpContext& ctx, const Tensor& length, int64_t count) {
  int64_t* lengths = static_cast<int64_t*>(ctx.workspace(static_cast<size_t>(length.size()) * 8));
  convert(length.data, length.dtype, lengths, DType::kInt64, length.size());
  for (int64_t i = 0; i < length.size(); ++i)
    MX_CHECK(lengths[i] >= 0 && lengths[i] <= count, kValue, "[", ctx.op.name, "] length ", lengths[i],
             " is not between 0 and the size of the axis, ", count);
  return lengths;
}

RowView rows_of(const OpContext& ctx, const Shape& shape) {
  const int axis = normalize_axis(ctx.as<SoftmaxParam>().axis, shape.ndim, ctx.op.name);
  return {shape.size(0, axis), shape[axis], shape.size(axis + 1, shape.ndim)};
}

template <int kSign>
void forward(const OpContext& ctx) {
  const bool log = ctx.op.name == "log_softmax";
  if (device::current()) {
    const double scale = kSign / ctx.as<SoftmaxParam>().temperature.value_or(1);
    return softmax_rows(log ? "log_softmax" : "softmax", rows_of(ctx, ctx.in[0].shape), scale, ctx.in[0],
                        ctx.in.size() > 1 ? ctx.in[1] : Tensor(), ctx.out[0]);
  }
  const int64_t* lengths = nullptr;
  if (ctx.in.size() > 1) {
    const Shape& shape = ctx.in[0].shape;
    lengths = read_lengths(ctx, ctx.in[1], shape[normalize_axis(ctx.as<SoftmaxParam>().axis, shape.ndim, ctx.op.name)]);
  }
  run_rows(ctx, log ? "log_softmax" : "softmax", ctx.in.first(1), ctx.out[0], kSign, lengths);
}

template <int kSign>
void backward(const OpContext& ctx) {
  const bool log = ctx.op.name == "_backward_log_softmax";
  if (device::current()) {
    const double scale = kSign / ctx.as<SoftmaxParam>().temperature.value_or(1);
    return softmax_gradient_rows(log ? "_backward_log_softmax" : "_backward_softmax", rows_of(ctx, ctx.out[0].shape),
                                 scale, ctx.in[0], ctx.in[1], ctx.out[0]);
  }
  run_rows(ctx, log ? "_backward_log_softmax" : "_backward_softmax", ctx.in.first(2), ctx.out[0], kSign, nullptr);
}

OpDef& softmax_operator(OpDef& op) {
  return op.input("data", "The array.")
      .params<SoftmaxParam>()
      .inplace(0, 0)
      .infer_shape([](const InferShape& s) {
        s.same(0, 0);
        if (s.in.size() < 2 || !s.in[0].rank_known()) return;
        const int ndim = s.in[0].ndim, axis = normalize_axis(s.as<SoftmaxParam>().axis, ndim, s.op.name);
        Shape rows = s.in[0].slice(0, axis);
        for (int i = axis + 1; i < ndim; ++i) rows.push_back(s.in[0][i]);
        if (rows.ndim == 0) rows.push_back(1);
        s.set_input(1, rows);
      })
      .infer_dtype([](const InferDType& t) {
        const auto& wish = t.as<SoftmaxParam>().dtype;
        MX_CHECK(wish || t.in[0] == DType::kUnknown || is_floating(t.in[0]), kType, "[", t.op.name, "] data is ",
                 t.in[0], ", but must be floating; give dtype for the result, or convert it");
        t.set_output(0, wish ? *wish : t.in[0]);
        if (!wish) t.set_input(0, t.out[0]);
        if (t.in.size() > 1 && t.in[1] == DType::kUnknown) t.set_input(1, DType::kInt32);
      });
}

OpDef& softmax_gradient(OpDef& op) {
  return op.describe("The gradient of the softmax family.")
      .input("head", "The gradient of the result.")
      .input("output", "The result.")
      .input("data", "Only its dtype matters.")
      .params<SoftmaxParam>()
      .inplace(0, 0)
      .infer_shape([](const InferShape& s) {
        s.same(0, 0);
        s.same(1, 0);
        s.same(2, 0);
      })
      .infer_dtype([](const InferDType& t) { t.set_output(0, t.in[2]); });
}

template <int kSign>
void gradient(GradientContext& g) {
  const char* name = g.op().name == "softmax" ? "_backward_softmax"
                     : kSign < 0              ? "_backward_softmin"
                                              : "_backward_log_softmax";
  g.set(0, g.call_same(name, {g.head(), g.output(0), g.input(0)}).at(0));
  if (g.num_inputs() > 1) g.set(1, g.zeros_like(g.input(1)));
}

// With J the derivative of softmax, its gradient is scale J head; J is symmetric and depends on the output.
template <int kSign>
void second_gradient(GradientContext& g) {
  const auto& p = g.as<SoftmaxParam>();
  const Value head = g.input(0), output = g.input(1), data = g.input(2), given = g.head();
  const ReduceParam along{.axis = Shape{p.axis}, .keepdims = true};
  const ScalarParam scale{kSign / p.temperature.value_or(1), false};
  const auto product = [&](const Value& a, const Value& b) { return g.call("broadcast_mul", {a, b}); };
  const auto sum = [&](const Value& value) { return g.call("sum", {value}, along); };
  const auto scaled_difference = [&](const Value& a, const Value& b) {
    return g.call("_mul_scalar", {g.call("broadcast_sub", {a, b})}, scale);
  };
  if (g.op().name == "_backward_log_softmax") {
    const Value weighted = product(given, g.call("exp", {output}));
    if (g.wants(0)) g.set(0, scaled_difference(given, sum(weighted)));
    if (g.wants(1)) g.set(1, scaled_difference(g.zeros_like(output), product(weighted, sum(head))));
  } else {
    if (g.wants(0)) g.set(0, g.call_same(g.op().name.c_str(), {given, output, data}).at(0));
    if (g.wants(1)) {
      const Value left = product(given, g.call("broadcast_sub", {head, sum(product(head, output))}));
      g.set(1, scaled_difference(left, product(head, sum(product(given, output)))));
    }
  }
  if (g.wants(2)) g.set(2, g.zeros_like(data));
}

}  // namespace

MX_OPERATOR(softmax) {
  softmax_operator(op)
      .describe("exp(x) along an axis, divided by its sum there.")
      .optional_input("length", "With use_length: how many elements count: the shape of data without the axis.")
      .num_inputs(count_inputs)
      .portable_forward(forward<1>)
      .gradient(gradient<1>);
}
MX_OPERATOR(softmin) {
  softmax_operator(op).describe("The softmax of -x.").portable_forward(forward<-1>).gradient(gradient<-1>);
}
MX_OPERATOR(log_softmax) {
  softmax_operator(op)
      .describe("The logarithm of the softmax, without its loss of digits.")
      .portable_forward(forward<1>)
      .gradient(gradient<1>);
}
MX_OPERATOR(_backward_softmax) { softmax_gradient(op).portable_forward(backward<1>).gradient(second_gradient<1>); }
MX_OPERATOR(_backward_softmin) { softmax_gradient(op).portable_forward(backward<-1>).gradient(second_gradient<-1>); }
MX_OPERATOR(_backward_log_softmax) { softmax_gradient(op).portable_forward(backward<1>).gradient(second_gradient<1>); }

}  // namespace mx
