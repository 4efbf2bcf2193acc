// softmax, softmin and log_softmax along one axis.
#include "mx/op/reduce.h"

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
  int64_t count;   // elements along the axis, in columns mode
};
enum SoftmaxMode : int { kSoftmaxRow, kSoftmaxColumns, kSoftmaxShortRows };
inline constexpr int64_t kSoftmaxWidth = 128;  // columns worked on together
inline constexpr int64_t kSoftmaxShort = 32;   // rows up to this length are worked on as columns
}  // namespace
}  // namespace mx

namespace mx::MX_ISA {

// The sum of f(i) in a fixed number of lanes, whatever the width of the vectors.
template <class T, class F>
MX_XPU T lane_sum(int64_t n, const F& f) {
  constexpr int lanes = 32;
  T sums[lanes] = {};
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (int k = 0; k < lanes; ++k) sums[k] += f(i + k);
  for (int k = 0; i < n; ++i, ++k) sums[k] += f(i);
  for (int width = lanes / 2; width > 0; width /= 2)
    for (int k = 0; k < width; ++k) sums[k] += sums[k + width];
  return sums[0];
}

// The largest of f(i), in lanes too; NaN where there is one.
template <class T, class F>
MX_XPU T lane_max(int64_t n, const F& f) {
  constexpr int lanes = 32;
  const auto larger = [](T a, T b) { return b > a || b != b ? b : a; };
  T most[lanes];
  for (int k = 0; k < lanes; ++k) most[k] = lowest<T>();
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (int k = 0; k < lanes; ++k) most[k] = larger(most[k], f(i + k));
  for (int k = 0; i < n; ++i, ++k) most[k] = larger(most[k], f(i));
  for (int width = lanes / 2; width > 0; width /= 2)
    for (int k = 0; k < width; ++k) most[k] = larger(most[k], most[k + width]);
  return most[0];
}

template <bool kLog>
struct Softmax {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const auto& call = *static_cast<const SoftmaxCall*>(args.params);
    const T* const x = static_cast<const T*>(in[0]);
    T* const y = static_cast<T*>(out[0]);
    const T scale = static_cast<T>(call.scale);
    if (args.mode == kSoftmaxColumns) return columns(x, y, n, scale, call.stride, call.count);
    if (args.mode == kSoftmaxShortRows) return short_rows(x, y, n, scale, call.count);
    const T most = lane_max<T>(n, [&](int64_t i) { return scale * x[i]; });
    if constexpr (kLog) {
      const T sum = lane_sum<T>(n, [&](int64_t i) { return exp(scale * x[i] - most); });
      const T shift = log(sum);
      for (int64_t i = 0; i < n; ++i) y[i] = scale * x[i] - most - shift;
    } else {
      for (int64_t i = 0; i < n; ++i) y[i] = exp(scale * x[i] - most);
      const T sum = lane_sum<T>(n, [&](int64_t i) { return y[i]; });
      const T factor = T(1) / sum;
      for (int64_t i = 0; i < n; ++i) y[i] *= factor;
    }
  }

 private:
  // n rows, turned into columns: a vector then holds elements of many rows.
  template <class T>
  __attribute__((noinline)) static void short_rows(const T* x, T* y, int64_t n, T scale, int64_t count) {
    T block[kSoftmaxShort * kSoftmaxWidth];
    for (int64_t first = 0; first < n; first += kSoftmaxWidth, x += kSoftmaxWidth * count, y += kSoftmaxWidth * count) {
      const int64_t rows = n - first < kSoftmaxWidth ? n - first : kSoftmaxWidth;
      for (int64_t c = 0; c < count; ++c)
        for (int64_t r = 0; r < rows; ++r) block[c * kSoftmaxWidth + r] = x[r * count + c];
      columns(block, block, rows, scale, kSoftmaxWidth, count);
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < count; ++c) y[r * count + c] = block[c * kSoftmaxWidth + r];
    }
  }
  // n <= kSoftmaxWidth neighbouring columns, row by row.
  template <class T>
  __attribute__((noinline)) static void columns(const T* x, T* y, int64_t n, T scale, int64_t stride, int64_t count) {
    T most[kSoftmaxWidth], sum[kSoftmaxWidth] = {};
    for (int64_t i = 0; i < n; ++i) most[i] = lowest<T>();
    for (int64_t r = 0; r < count; ++r)
      for (int64_t i = 0; i < n; ++i) {
        const T value = scale * x[r * stride + i];
        most[i] = value > most[i] || value != value ? value : most[i];
      }
    for (int64_t r = 0; r < count; ++r) {
      // What the next call needs: nothing else would guess that a piece of every row is wanted.
      if (stride > n)
        for (size_t at = 0; at < static_cast<size_t>(n) * sizeof(T); at += 64)
          __builtin_prefetch(reinterpret_cast<const char*>(x + r * stride + n) + at, 0, 2);
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) {
        const T value = scale * x[r * stride + i] - most[i], e = exp(value);
        y[r * stride + i] = kLog ? value : e;
        sum[i] += e;
      }
    }
    for (int64_t i = 0; i < n; ++i) sum[i] = kLog ? log(sum[i]) : T(1) / sum[i];
    for (int64_t r = 0; r < count; ++r)
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i)
        y[r * stride + i] = kLog ? y[r * stride + i] - sum[i] : y[r * stride + i] * sum[i];
  }
};

// in: head, output
template <bool kLog>
struct SoftmaxGradient {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const auto& call = *static_cast<const SoftmaxCall*>(args.params);
    const T *const g = static_cast<const T*>(in[0]), *const y = static_cast<const T*>(in[1]);
    T* const dx = static_cast<T*>(out[0]);
    const T scale = static_cast<T>(call.scale);
    if (args.mode == kSoftmaxRow) {
      const T sum = lane_sum<T>(n, [&](int64_t i) { return kLog ? g[i] : g[i] * y[i]; });
      for (int64_t i = 0; i < n; ++i) dx[i] = slope(g[i], y[i], sum) * scale;
      return;
    }
    T sum[kSoftmaxWidth] = {};
    for (int64_t r = 0; r < call.count; ++r)
      for (int64_t i = 0; i < n; ++i) {
        const int64_t at = r * call.stride + i;
        sum[i] += kLog ? g[at] : g[at] * y[at];
      }
    for (int64_t r = 0; r < call.count; ++r)
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) {
        const int64_t at = r * call.stride + i;
        dx[at] = slope(g[at], y[at], sum[i]) * scale;
      }
  }

 private:
  template <class T>
  MX_XPU static T slope(T g, T y, T sum) {
    if constexpr (kLog)
      return g - exp(y) * sum;
    else
      return (g - sum) * y;
  }
};

}  // namespace mx::MX_ISA

MX_KERNELS(softmax, Softmax<false>, float, double)
MX_KERNELS(log_softmax, Softmax<true>, float, double)
MX_KERNELS(_backward_softmax, SoftmaxGradient<false>, float, double)
MX_KERNELS(_backward_log_softmax, SoftmaxGradient<true>, float, double)

#if defined(MX_PASS_HOST)
#include "engine/threads.h"
#include "mx/op/strided.h"

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
  const SoftmaxCall call{sign / p.temperature.value_or(1), inner, count};
  const auto run_call = [&](const SoftmaxCall& c, int mode, int64_t offset, int64_t n) {
    const void* from[2];
    for (size_t i = 0; i < in.size(); ++i) from[i] = element_at(x[i], offset);
    void* to = element_at(y, offset);
    loop(&to, from, n, LoopArgs{.params = &c, .mode = mode});
  };
  const auto run = [&](int mode, int64_t offset, int64_t n) { run_call(call, mode, offset, n); };
  if (inner == 1 && !lengths && count <= kSoftmaxShort && in.size() == 1) {
    engine::parallel_for(outer, kGrain / (8 * count) + 1,
                         [&](int64_t begin, int64_t end) { run(kSoftmaxShortRows, begin * count, end - begin); });
  } else if (inner == 1) {
    engine::parallel_for(outer, kGrain / (8 * count) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) {
        const int64_t n = lengths ? lengths[o] : count;
        run(kSoftmaxRow, o * count, n);
        if (n < count) fill_zeros({element_at(y, o * count + n), Shape{count - n}, lane});
      }
    });
  } else if (lengths) {  // each column has its own
    engine::parallel_for(outer * inner, kGrain / (8 * count) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t column = begin; column < end; ++column) {
        const int64_t first = column / inner * count * inner + column % inner, n = lengths[column];
        run_call({call.scale, inner, n}, kSoftmaxColumns, first, 1);
        for (int64_t r = n; r < count; ++r) fill_zeros({element_at(y, first + r * inner), Shape{1}, lane});
      }
    });
  } else {
    const int64_t strips = (inner + kSoftmaxWidth - 1) / kSoftmaxWidth;
    engine::parallel_for(outer * strips, kGrain / (8 * count * kSoftmaxWidth) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t left = task % strips * kSoftmaxWidth;
        const int64_t n = inner - left < kSoftmaxWidth ? inner - left : kSoftmaxWidth;
        run(kSoftmaxColumns, task / strips * count * inner + left, n);
      }
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

template <int kSign>
void forward(const OpContext& ctx) {
  const bool log = ctx.op.name == "log_softmax";
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
      .forward(forward<1>)
      .gradient(gradient<1>);
}
MX_OPERATOR(softmin) {
  softmax_operator(op).describe("The softmax of -x.").forward(forward<-1>).gradient(gradient<-1>);
}
MX_OPERATOR(log_softmax) {
  softmax_operator(op)
      .describe("The logarithm of the softmax, without its loss of digits.")
      .forward(forward<1>)
      .gradient(gradient<1>);
}
MX_OPERATOR(_backward_softmax) { softmax_gradient(op).forward(backward<1>).gradient(second_gradient<1>); }
MX_OPERATOR(_backward_softmin) { softmax_gradient(op).forward(backward<-1>).gradient(second_gradient<-1>); }
MX_OPERATOR(_backward_log_softmax) { softmax_gradient(op).forward(backward<1>).gradient(second_gradient<1>); }

}  // namespace mx
#endif
