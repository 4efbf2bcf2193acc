// softmax, softmin and log_softmax along one axis.
#include "mx/op/reduce.h"
#include "mx/op/stream.h"
#include "op/stream_lines.h"

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
// What the loops are told.
struct SoftmaxCall {
  double scale;    // of the input
  int64_t stride;  // between elements along the axis, in columns mode
  int64_t count;   // elements along the axis
  bool streams;    // the output is streamed
  Ahead* ahead;    // what is read after this call, of each input; null for nothing
};
enum SoftmaxMode : int { kSoftmaxRows, kSoftmaxColumns };
inline constexpr int64_t kSoftmaxWidth = 512;     // columns worked on together, at most
inline constexpr int64_t kSoftmaxStaged = 32768;  // elements of an output that wait for being streamed, at most
inline constexpr int64_t kSoftmaxShort = 32;      // rows up to this length are worked on as columns,
inline constexpr int64_t kSoftmaxTogether = 128;  // so many together
}  // namespace
}  // namespace mx

namespace mx::MX_ISA {

template <class T>
MX_XPU T larger(T a, T b) {  // NaN where there is one
  return (b > a) | (b != b) ? b : a;
}

// The maths, of a row and of neighbouring columns (n <= kSoftmaxWidth). The output may be the first input.
template <bool kLog>
struct Softmax {
  static constexpr int kInputs = 1;

  template <class T>
  MX_INLINE static void row(const T* const* in, T* y, int64_t n, T scale) {
    const T* const x = in[0];
    T most = lowest<T>(), sums[kRowLanes] = {};
    if (n >= kRowLanes)
      most = combine_row<T>(n, [&](int64_t i) { return scale * x[i]; }, [](T a, T b) { return larger(a, b); });
    else
      for (int64_t i = 0; i < n; ++i) most = larger(most, scale * x[i]);
    const auto keep = [&](int64_t i, int64_t lane) {
      const T value = scale * x[i] - most, e = exp(value);
      y[i] = kLog ? value : e;
      sums[lane] += e;
    };
    int64_t i = 0;
    for (; i + kRowLanes <= n; i += kRowLanes)
#pragma GCC ivdep
      for (int64_t k = 0; k < kRowLanes; ++k) keep(i + k, k);
    for (int64_t k = 0; i < n; ++i, ++k) keep(i, k);
    for (int width = kRowLanes / 2; width > 0; width /= 2)
      for (int k = 0; k < width; ++k) sums[k] += sums[k + width];
    const T last = kLog ? log(sums[0]) : T(1) / sums[0];
    for (i = 0; i < n; ++i) y[i] = kLog ? y[i] - last : y[i] * last;
  }

  template <class T>
  MX_INLINE static void columns(const T* const* in, T* y, int64_t n, T scale, int64_t stride, int64_t out_stride,
                                int64_t count) {
    const T* const x = in[0];
    T most[kSoftmaxWidth], sum[kSoftmaxWidth] = {};
    for (int64_t i = 0; i < n; ++i) most[i] = lowest<T>();
    int64_t r = 0;
    for (; r + 4 <= count; r += 4) {  // four places to read from
      const T *const a = x + r * stride, *const b = a + stride, *const c = b + stride, *const d = c + stride;
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i)
        most[i] = larger(larger(larger(larger(most[i], scale * a[i]), scale * b[i]), scale * c[i]), scale * d[i]);
    }
    for (; r < count; ++r)
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) most[i] = larger(most[i], scale * x[r * stride + i]);
    for (r = 0; r < count; ++r)
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) {
        const T value = scale * x[r * stride + i] - most[i], e = exp(value);
        y[r * out_stride + i] = kLog ? value : e;
        sum[i] += e;
      }
    for (int64_t i = 0; i < n; ++i) sum[i] = kLog ? log(sum[i]) : T(1) / sum[i];
    for (r = 0; r < count; ++r)
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) {
        T& value = y[r * out_stride + i];
        value = kLog ? value - sum[i] : value * sum[i];
      }
  }
};

// in: head, output
template <bool kLog>
struct SoftmaxGradient {
  static constexpr int kInputs = 2;

  template <class T>
  MX_INLINE static void row(const T* const* in, T* dx, int64_t n, T scale) {
    const T *const g = in[0], *const y = in[1];
    T sum = 0;
    if (n >= kRowLanes)
      sum = combine_row<T>(n, [&](int64_t i) { return part(g[i], y[i]); }, [](T a, T b) { return a + b; });
    else
      for (int64_t i = 0; i < n; ++i) sum += part(g[i], y[i]);
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) dx[i] = slope(g[i], y[i], sum) * scale;
  }

  template <class T>
  MX_INLINE static void columns(const T* const* in, T* dx, int64_t n, T scale, int64_t stride, int64_t out_stride,
                                int64_t count) {
    const T *const g = in[0], *const y = in[1];
    T sum[kSoftmaxWidth] = {};
    for (int64_t r = 0; r < count; ++r)
      for (int64_t i = 0; i < n; ++i) sum[i] += part(g[r * stride + i], y[r * stride + i]);
    for (int64_t r = 0; r < count; ++r)
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i)
        dx[r * out_stride + i] = slope(g[r * stride + i], y[r * stride + i], sum[i]) * scale;
  }

 private:
  template <class T>
  MX_INLINE static T part(T g, T y) {
    return kLog ? g : g * y;
  }
  template <class T>
  MX_INLINE static T slope(T g, T y, T sum) {
    if constexpr (kLog)
      return g - exp(y) * sum;
    else
      return (g - sum) * y;
  }
};

#if defined(MX_PASS_CPU)
// Brings the maths to n rows, or n columns, through memory in the caches where that helps.
template <class F>
struct SoftmaxLoops {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const auto& call = *static_cast<const SoftmaxCall*>(args.params);
    const T* from[F::kInputs];
    for (int k = 0; k < F::kInputs; ++k) from[k] = static_cast<const T*>(in[k]);
    T* const to = static_cast<T*>(out[0]);
    if (args.mode == kSoftmaxColumns)
      columns(from, to, n, call);
    else if (call.count <= kSoftmaxShort)
      short_rows(from, to, n, call);
    else
      rows(from, to, n, call);
  }

 private:
  template <class T>
  MX_INLINE static void write(T* to, const T* staged, int64_t n, const SoftmaxCall& call) {
    stream_piece(reinterpret_cast<char*>(to), reinterpret_cast<const char*>(staged),
                 n * static_cast<int64_t>(sizeof(T)), call.ahead, call.ahead ? F::kInputs : 0);
  }

  template <class T>
  __attribute__((noinline)) static void rows(const T** from, T* to, int64_t n, const SoftmaxCall& call) {
    alignas(64) T staged[kSoftmaxStaged];
    for (int64_t r = 0; r < n; ++r) {
      F::row(from, call.streams ? staged + r * call.count : to + r * call.count, call.count,
             static_cast<T>(call.scale));
      for (int k = 0; k < F::kInputs; ++k) from[k] += call.count;
    }
    if (call.streams) write(to, staged, n * call.count, call);
  }

  // Turned into columns: a vector then holds elements of many rows.
  template <class T>
  __attribute__((noinline)) static void short_rows(const T** from, T* to, int64_t n, const SoftmaxCall& call) {
    alignas(64) T block[F::kInputs][kSoftmaxShort * kSoftmaxTogether], staged[kSoftmaxShort * (kSoftmaxTogether + 1)];
    const T* blocks[F::kInputs];
    const int64_t width = padded<T>(call.count);
    for (; n > 0; n -= kSoftmaxTogether, to += kSoftmaxTogether * call.count) {
      const int64_t height = n < kSoftmaxTogether ? n : kSoftmaxTogether, size = height * call.count;
      for (int k = 0; k < F::kInputs; ++k) {
        // Reading goes beyond a row where another one follows.
        const bool more = n > height + kSoftmaxShort;
        transpose_plane(from[k], block[k], more ? width : call.count, height, call.count, kSoftmaxTogether);
        blocks[k] = block[k], from[k] += size;
      }
      F::columns(blocks, block[0], height, static_cast<T>(call.scale), kSoftmaxTogether, kSoftmaxTogether, call.count);
      // Writing goes beyond a row too, but the next row comes later.
      const int64_t written = height == kSoftmaxTogether ? width : call.count;
      transpose_plane(block[0], staged, height, written, kSoftmaxTogether, call.count);
      if (call.streams)
        write(to, staged, size, call);
      else
        __builtin_memcpy(to, staged, static_cast<size_t>(size) * sizeof(T));
    }
  }

  template <class T>
  __attribute__((noinline)) static void columns(const T** from, T* to, int64_t n, const SoftmaxCall& call) {
    alignas(64) T staged[kSoftmaxStaged];
    T* const place = call.streams ? staged : to;
    const int64_t step = call.streams ? n : call.stride;
    F::columns(from, place, n, static_cast<T>(call.scale), call.stride, step, call.count);
    if (call.streams)
      for (int64_t r = 0; r < call.count; ++r) write(to + r * call.stride, staged + r * n, n, call);
  }
};
#endif

}  // namespace mx::MX_ISA

MX_KERNELS(softmax, SoftmaxLoops<Softmax<false>>, float, double)
MX_KERNELS(log_softmax, SoftmaxLoops<Softmax<true>>, float, double)
MX_KERNELS(_backward_softmax, SoftmaxLoops<SoftmaxGradient<false>>, float, double)
MX_KERNELS(_backward_log_softmax, SoftmaxLoops<SoftmaxGradient<true>>, float, double)

#if defined(MX_PASS_HOST)
#include <algorithm>

#include "device/scope.h"
#include "engine/threads.h"
#include "mx/op/strided.h"
#include "op/nn/softmax_rows.h"

namespace mx {
namespace {

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
  // Of so many elements each; a thread that streams fetches its own memory ahead, and so likes to go on.
  const auto grain = [](int64_t size, bool streaming) { return (streaming ? 4 * kGrain : kGrain / 8) / size + 1; };
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
    // As many rows as make a piece that is worth streaming.
    SoftmaxCall call = common;
    call.streams &= count <= kSoftmaxStaged;
    const int64_t unit = count <= kSoftmaxShort ? kSoftmaxTogether : 1;
    const int64_t batch = call.streams ? std::max(unit, 4096 / count / unit * unit) : outer;
    engine::parallel_for(outer, grain(count, call.streams), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o += batch) {
        const int64_t n = std::min(batch, end - o), left = std::min(batch, end - o - n);
        run(kSoftmaxRows, o * count, n, call, (o + n) * count, left > 0, left * count);
      }
      if (call.streams) end_stream();
    });
  } else {
    SoftmaxCall call = common;
    const int64_t fits = kSoftmaxStaged / count / 16 * 16;
    call.streams &= fits >= 64;
    const int64_t width = std::min(inner, call.streams ? std::min(kSoftmaxWidth, fits) : kSoftmaxTogether);
    const int64_t strips = (inner + width - 1) / width;
    const auto place = [&](int64_t task) { return task / strips * count * inner + task % strips * width; };
    const auto size = [&](int64_t task) { return std::min(width, inner - task % strips * width); };
    engine::parallel_for(outer * strips, grain(count * width, call.streams), [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const bool more = task + 1 < end;
        run(kSoftmaxColumns, place(task), size(task), call, more ? place(task + 1) : 0, more ? count : 0,
            more ? size(task + 1) : 0);
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
#endif
