#include "mx/op/rows.h"

namespace mx {

struct LRNParam {
  float alpha = 1e-4f, beta = 0.75f, knorm = 2;
  int32_t nsize = 0;
  static void fields(auto& f) {
    using P = LRNParam;
    f.add("alpha", &P::alpha, "Factor of the mean of squares.");
    f.add("beta", &P::beta, "The power.");
    f.add("knorm", &P::knorm, "What the power is taken of, beside the mean of squares.");
    f.add("nsize", &P::nsize, "Channels in the window, with the channel itself in its middle.").required().range(1);
  }
};

struct LRNCall {
  const LRNParam* param;
  int64_t channels, inner;
};
inline constexpr int64_t kLRNStrip = 256;  // positions worked on together

}  // namespace mx

#if defined(MX_ISA)
namespace mx::MX_ISA {

#if defined(MX_PASS_CUDA)
struct LRNRowBase {
  LRNParam param;
  explicit MX_XPU LRNRowBase(const LoopArgs& args) : param(*static_cast<const LRNParam*>(args.params)) {}

  template <class T>
  MX_XPU T power(T base) const {
    if (param.beta != 0.75f) return exp(-T(param.beta) * log(base));
    const T root = sqrt(base);
    return T(1) / (root * sqrt(root));
  }
  // The sum of f over the channels from c - before to c + after.
  template <class T, class F>
  MX_XPU T window(int64_t c, int64_t before, int64_t after, int64_t channels, const F& f) const {
    const int64_t end = c + after < channels ? c + after + 1 : channels;
    T sum = 0;
    for (int64_t k = c < before ? 0 : c - before; k < end; ++k) sum += f(k);
    return sum;
  }
};
// Rows are the channels of one position. in: data. out: output, base of the power.
struct LRNRow : LRNRowBase {
  using LRNRowBase::LRNRowBase;
  static constexpr int kInputs = 1, kOutputs = 2;
  template <class T, class Row>
  MX_XPU void operator()(const Row& row) const {
    const T scale = T(param.alpha) / T(param.nsize), start = T(param.knorm);
    const int64_t before = param.nsize / 2, after = param.nsize - 1 - before;
    row.each([&](int64_t c) {
      const T squares = window<T>(c, before, after, row.size(), [&](int64_t k) { return row.in(0, k) * row.in(0, k); });
      const T base = start + scale * squares;
      row.out(0, c, row.in(0, c) * power(base));
      if (row.wants(1)) row.out(1, c, base);
    });
  }
};
// in: head, data, output, base. out: gradient of data.
struct LRNGradientRow : LRNRowBase {
  using LRNRowBase::LRNRowBase;
  static constexpr int kInputs = 4, kOutputs = 1;
  template <class T, class Row>
  MX_XPU void operator()(const Row& row) const {
    const T scale = T(-2) * T(param.alpha) * T(param.beta) / T(param.nsize);
    const int64_t after = param.nsize / 2, before = param.nsize - 1 - after;  // the windows that contain c
    row.each([&](int64_t c) {
      const T sum = window<T>(c, before, after, row.size(),
                              [&](int64_t k) { return row.in(0, k) * row.in(2, k) / row.in(3, k); });
      row.out(0, c, row.in(0, c) * power(row.in(3, c)) + scale * row.in(1, c) * sum);
    });
  }
};
#endif

// to[i] = from[i]^power; powers that networks have are products of roots.
template <class T>
MX_INLINE void lrn_powers(const T* from, T* to, int64_t n, T power) {
  if (power == T(-0.75))
    for (int64_t i = 0; i < n; ++i) {
      const T root = sqrt(from[i]);
      to[i] = T(1) / (root * sqrt(root));
    }
  else
    for (int64_t i = 0; i < n; ++i) to[i] = exp(power * log(from[i]));
}

// n <= kLRNStrip neighbouring positions of one sample, all channels. in: data. out: output, base of the power.
struct LRN {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const auto& call = *static_cast<const LRNCall*>(args.params);
    const T* x = static_cast<const T*>(in[0]);
    T *y = static_cast<T*>(out[0]), *base = static_cast<T*>(out[1]);
    const T scale = T(call.param->alpha) / T(call.param->nsize), power = -T(call.param->beta),
            start = T(call.param->knorm);
    const int64_t before = call.param->nsize / 2, after = call.param->nsize - 1 - before;
    for (int64_t c = 0; c < call.channels; ++c) {
      const int64_t from = c < before ? 0 : c - before;
      const int64_t to = c + after < call.channels ? c + after + 1 : call.channels;
      T sum[kLRNStrip] = {};
      for (int64_t k = from; k < to; ++k)
        for (int64_t i = 0; i < n; ++i) sum[i] += x[k * call.inner + i] * x[k * call.inner + i];
      T powers[kLRNStrip];
      for (int64_t i = 0; i < n; ++i) base[c * call.inner + i] = sum[i] = start + scale * sum[i];
      lrn_powers(sum, powers, n, power);
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) y[c * call.inner + i] = x[c * call.inner + i] * powers[i];
    }
  }
};

// in: head, data, output, base. out: gradient of data.
struct LRNBackward {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const auto& call = *static_cast<const LRNCall*>(args.params);
    const T *dy = static_cast<const T*>(in[0]), *x = static_cast<const T*>(in[1]), *y = static_cast<const T*>(in[2]),
            *base = static_cast<const T*>(in[3]);
    T* dx = static_cast<T*>(out[0]);
    const T power = -T(call.param->beta);
    const T scale = 2 * T(call.param->alpha) * power / T(call.param->nsize);
    const int64_t after = call.param->nsize / 2, before = call.param->nsize - 1 - after;  // the windows that contain c
    for (int64_t c = 0; c < call.channels; ++c) {
      const int64_t from = c < before ? 0 : c - before;
      const int64_t to = c + after < call.channels ? c + after + 1 : call.channels;
      T sum[kLRNStrip] = {}, powers[kLRNStrip];
      lrn_powers(base + c * call.inner, powers, n, power);
      for (int64_t k = from; k < to; ++k)
        for (int64_t i = 0; i < n; ++i) {
          const int64_t at = k * call.inner + i;
          sum[i] += dy[at] * y[at] / base[at];
        }
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) {
        const int64_t at = c * call.inner + i;
        dx[at] = dy[at] * powers[i] + scale * x[at] * sum[i];
      }
    }
  }
};

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(LRN, LRN, float, double)
MX_KERNELS(_backward_LRN, LRNBackward, float, double)
#if defined(MX_PASS_CUDA)
MX_DEVICE_KERNELS(lrn_rows, Rows<LRNRow>, float, double)
MX_DEVICE_KERNELS(lrn_gradient_rows, Rows<LRNGradientRow>, float, double)
#endif

#if defined(MX_PASS_HOST)
#include <algorithm>

#include "device/blocks.h"
#include "engine/threads.h"
#include "graph/second_gradient.h"
#include "mx/op/elementwise.h"
#include "op/nn/floats.h"

namespace mx {
namespace {

void infer_shape(const InferShape& s) {
  s.same(0, 0);
  s.same(0, 1);
  const Shape& data = s.in[0];
  MX_CHECK(!data.rank_known() || data.ndim >= 2, kValue, "[LRN] data of shape ", data,
           " has no channels; it needs at least 2 dimensions");
}

void infer_dtype(const InferDType& d) {
  if (d.in[0] == DType::kUnknown) d.in[0] = d.out[0];
  if (d.in[0] == DType::kUnknown) return;
  d.set_output(0, d.in[0]);
  d.set_output(1, compute_dtype(d.in[0]));
}

void run(const char* name, const OpContext& context, const Shape& shape, DType dtype,
         std::initializer_list<const char*> in, std::initializer_list<char*> out) {
  const Loop loop = find_loop(name, dtype);
  const auto size = static_cast<int64_t>(size_of(dtype));
  const LRNCall call{&context.as<LRNParam>(), shape[1], shape.size(2, shape.ndim)};
  const int64_t strips = (call.inner + kLRNStrip - 1) / kLRNStrip;
  const int64_t grain = std::max<int64_t>(1, (1 << 13) / (call.channels * std::min(call.inner, kLRNStrip)));
  engine::parallel_for(shape[0] * strips, grain, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t left = task % strips * kLRNStrip;
      const int64_t offset = (task / strips * call.channels * call.inner + left) * size;
      const void* from[4];
      void* to[2];
      std::transform(in.begin(), in.end(), from, [&](const char* data) { return data + offset; });
      std::transform(out.begin(), out.end(), to, [&](char* data) { return data + offset; });
      loop(to, from, std::min(kLRNStrip, call.inner - left), {.params = &call});
    }
  });
}

RowView rows_of(const Shape& s) { return {s[0], s[1], s.size(2, s.ndim)}; }

void forward(const OpContext& context) {
  const Tensor& data = context.in[0];
  if (data.size() == 0) return;
  if (device::current()) {
    const RowView v = rows_of(data.shape);
    return device::run_rows("lrn_rows", compute_dtype(data.dtype), v, {whole_rows(data, v)},
                            {whole_rows(context.out[0], v), whole_rows(context.out[1], v)}, context.params);
  }
  const Floats x = read_floats(context, data), y = write_floats(context, context.out[0]);
  char* base = context.out[1].as<char>();
  if (!base) base = static_cast<char*>(context.workspace(static_cast<size_t>(data.size()) * size_of(x.dtype)));
  run("LRN", context, data.shape, x.dtype, {x.data}, {y.data, base});
  y.finish();
}

// (head, data, output, base) -> gradient of data
void backward(const OpContext& context) {
  const auto& in = context.in;
  if (in[1].size() == 0) return;
  if (device::current()) {
    const RowView v = rows_of(in[1].shape);
    return device::run_rows("lrn_gradient_rows", compute_dtype(in[1].dtype), v,
                            {whole_rows(in[0], v), whole_rows(in[1], v), whole_rows(in[2], v), whole_rows(in[3], v)},
                            {whole_rows(context.out[0], v)}, context.params);
  }
  const Floats head = read_floats(context, in[0]), x = read_floats(context, in[1]), y = read_floats(context, in[2]),
               dx = write_floats(context, context.out[0]);
  run("_backward_LRN", context, in[1].shape, x.dtype, {head.data, x.data, y.data, in[3].as<char>()}, {dx.data});
  dx.finish();
}

void expression(ComposeContext& c) {
  const auto& p = c.as<LRNParam>();
  MX_CHECK(p.nsize % 2 == 1, kUnsupported, "[LRN] its gradient has a gradient where nsize is odd, but it is ", p.nsize);
  const Value rows = call_with(c, "Reshape", {c.call("square", {c.in[0]})}, {{"shape", "(0, 0, -1)"}});
  const std::string size = std::to_string(p.nsize), pad = std::to_string(p.nsize / 2);
  const Value sums = call_with(
      c, "Pooling", {call_with(c, "expand_dims", {rows}, {{"axis", "1"}})},
      {{"kernel", "(" + size + ", 1)"}, {"pad", "(" + pad + ", 0)"}, {"stride", "(1, 1)"}, {"pool_type", "sum"}});
  const Value mean = c.call("_mul_scalar", {c.call("reshape_like", {sums, c.in[0]})},
                            ScalarParam{static_cast<double>(p.alpha) / p.nsize, false});
  const Value base = c.call("_plus_scalar", {mean}, ScalarParam{p.knorm, false});
  c.out = {c.call("elemwise_mul", {c.in[0], c.call("_power_scalar", {base}, ScalarParam{-p.beta, false})})};
}

}  // namespace

MX_OPERATOR(LRN) {
  op.describe(
        "Local response normalization: divides by (knorm + alpha m)^beta, where m is the mean of the squares at the "
        "same position in nsize neighbouring channels (zeros beyond the first and the last).")
      .input("data", "(batch, channels, ...).")
      .output("output", "The shape of data.")
      .output("tmp_norm", "The base of the power.")
      .visible_outputs(1)
      .params<LRNParam>()
      .infer_shape(infer_shape)
      .infer_dtype(infer_dtype)
      .portable_forward(forward)
      .gradient([](GradientContext& g) {
        g.set(0, g.call_same("_backward_LRN", {g.head(), g.input(0), g.output(0), g.output(1)}).at(0));
      })
      .amp(Amp::kFloat32);
}

MX_OPERATOR(_backward_LRN) {
  op.describe("Gradient of LRN.")
      .input("head", "Gradient of the output.")
      .input("data", "The input of LRN.")
      .input("output", "Its output.")
      .input("tmp_norm", "The base of the power.")
      .output("data")
      .params<LRNParam>()
      .infer_shape([](const InferShape& s) { s.same(1, 0); })
      .infer_dtype([](const InferDType& d) {
        if (d.in[1] != DType::kUnknown) d.set_output(0, d.in[1]);
      })
      .portable_forward(backward)
      .gradient([](GradientContext& g) { second_gradient(g, 1, expression); });
}

}  // namespace mx
#endif
