#include "mx/op/rows.h"
#include "mx/op/sum.h"

namespace mx {

struct SoftmaxOutputParam {
  float grad_scale = 1, ignore_label = -1;
  bool multi_output = false, use_ignore = false, preserve_shape = false;
  enum Normalization : int32_t { kBatch, kNull, kValid } normalization = kNull;
  bool out_grad = false;
  float smooth_alpha = 0;
  static void fields(auto& f) {
    using P = SoftmaxOutputParam;
    f.add("grad_scale", &P::grad_scale, "Factor of the gradient.");
    f.add("ignore_label", &P::ignore_label, "The label that use_ignore and normalization='valid' leave out.");
    f.add("multi_output", &P::multi_output, "Softmax over axis 1, one label for each position of the axes after it.");
    f.add("use_ignore", &P::use_ignore, "Whether rows labelled ignore_label get a zero gradient.");
    f.add("preserve_shape", &P::preserve_shape,
          "Softmax over the last axis, one label for each position of the others.");
    f.add("normalization", &P::normalization,
          "What divides the gradient: 'null' nothing, 'batch' the number of labels (of samples with multi_output), "
          "'valid' the "
          "number of labels that are not ignore_label. With multi_output 'null' and 'batch' also divide by the number "
          "of "
          "positions.")
        .names({"batch", "null", "valid"});
    f.add("out_grad", &P::out_grad, "Whether the gradient is multiplied by that of the output, when there is one.");
    f.add("smooth_alpha", &P::smooth_alpha,
          "Label smoothing: this much goes to the other classes. Not with multi_output.")
        .range(0, 1);
  }
};

// What the loop of the gradient gets.
struct SoftmaxOutputScaled {
  const SoftmaxOutputParam* param;
  double scale;
};

}  // namespace mx

#if defined(MX_ISA)
#include <math.h>

namespace mx::MX_ISA {

// Samples of (classes, inner); extra: classes, inner. For float64, which oneDNN lacks.
struct SoftmaxRows {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const int64_t classes = args.extra[0], inner = args.extra[1];
    for (int64_t r = 0; r < n * inner; ++r) {
      const int64_t at = r / inner * classes * inner + r % inner;
      const T* x = static_cast<const T*>(in[0]) + at;
      T *y = static_cast<T*>(out[0]) + at, top = x[0], sum = 0;
      for (int64_t c = 1; c < classes; ++c) top = x[c * inner] > top ? x[c * inner] : top;
      for (int64_t c = 0; c < classes; ++c) sum += y[c * inner] = T(::exp(double(x[c * inner] - top)));
      for (int64_t c = 0; c < classes; ++c) y[c * inner] /= sum;
    }
  }
};

// in: probabilities, labels of (inner). extra: classes, inner. params: SoftmaxOutputScaled.
struct SoftmaxOutputBackward {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const auto& [param, factor] = *static_cast<const SoftmaxOutputScaled*>(args.params);
    const int64_t classes = args.extra[0], inner = args.extra[1];
    const T *p = static_cast<const T*>(in[0]), *labels = static_cast<const T*>(in[1]);
    const T scale = T(factor), ignored = T(param->ignore_label),
            alpha = param->multi_output ? T(0) : T(param->smooth_alpha);
    const T other = classes > 1 ? alpha / T(classes - 1) : T(0);
    const bool use_ignore = param->use_ignore;
    T* to = static_cast<T*>(out[0]);
    for (int64_t r = 0; r < n; ++r, p += classes * inner, to += classes * inner, labels += inner) {
      for (int64_t c = 0; c < classes; ++c)
        for (int64_t i = 0; i < inner; ++i) {
          const T g = (p[c * inner + i] - other) * scale;
          to[c * inner + i] = use_ignore && labels[i] == ignored ? T(0) : g;
        }
      for (int64_t i = 0; i < inner; ++i) {
        if (use_ignore && labels[i] == ignored) continue;
        if (!(labels[i] >= 0 && labels[i] < T(classes))) continue;  // no such class: nothing to aim at
        const int64_t at = static_cast<int64_t>(labels[i]) * inner + i;
        to[at] = (p[at] - (1 - alpha)) * scale;
      }
    }
  }
};

// The labels that count.
struct LabelIsValid {
  float ignored;
  explicit MX_XPU LabelIsValid(const LoopArgs& args)
      : ignored(static_cast<const SoftmaxOutputParam*>(args.params)->ignore_label) {}
  template <class T>
  MX_XPU bool operator()(T label) const {
    return label != T(ignored);
  }
};

#if defined(MX_PASS_CUDA)
// in: probabilities, label, what divides the scale. params: SoftmaxOutputScaled.
struct SoftmaxOutputGradientRow {
  static constexpr int kInputs = 3, kOutputs = 1;
  double scale;
  float ignored, alpha;
  bool use_ignore;
  explicit MX_XPU SoftmaxOutputGradientRow(const LoopArgs& args) {
    const auto& [param, factor] = *static_cast<const SoftmaxOutputScaled*>(args.params);
    scale = factor, ignored = param->ignore_label, use_ignore = param->use_ignore;
    alpha = param->multi_output ? 0 : param->smooth_alpha;
  }
  template <class T, class Row>
  MX_XPU void operator()(const Row& row) const {
    const int64_t classes = row.size();
    const T label = row.in(1, 0), divisor = row.in(2, 0), factor = T(scale / (divisor > T(1) ? divisor : T(1)));
    const T other = classes > 1 ? T(alpha) / T(classes - 1) : T(0), aim = T(1) - T(alpha);
    const bool skipped = use_ignore && label == T(ignored);
    const int64_t right = label >= T(0) && label < T(classes) ? static_cast<int64_t>(label) : -1;
    row.each([&](int64_t c) { row.out(0, c, skipped ? T(0) : (row.in(0, c) - (c == right ? aim : other)) * factor); });
  }
};
#endif

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(softmax_output_valid, Reduce<Count<LabelIsValid>>, float, double)
#if defined(MX_PASS_CUDA)
MX_DEVICE_KERNELS(softmax_output_gradient_rows, Rows<SoftmaxOutputGradientRow>, float, double)
#endif
MX_KERNELS(softmax_output_rows, SoftmaxRows, double)
MX_KERNELS(softmax_output_backward, SoftmaxOutputBackward, float, double)

#if defined(MX_PASS_HOST)
#include <algorithm>

#include "device/blocks.h"
#include "engine/threads.h"
#include "op/nn/floats.h"
#include "op/nn/map.h"
#include "op/nn/softmax_rows.h"
#include "op/onednn/softmax.h"

namespace mx {
namespace {

// An array as (outer, classes, inner), softmax over the classes.
struct View {
  int64_t outer, classes, inner;
};

View forward_view(const Shape& shape, const SoftmaxOutputParam& p) {
  if (p.multi_output) return {shape[0], shape[1], shape.size(2, shape.ndim)};
  if (p.preserve_shape) return {shape.size(0, shape.ndim - 1), shape.back(), 1};
  return {shape[0], shape.size(1, shape.ndim), 1};
}

// How many labels an array of scores has. Where softmax runs over several axes there are more than samples: the first
// ones are the labels of the samples, but all of them count for the normalization.
int64_t count_labels(const Shape& shape, const SoftmaxOutputParam& p) {
  return p.multi_output ? shape[0] * shape.size(2, shape.ndim) : shape.size(0, shape.ndim - 1);
}

void infer_shape(const InferShape& s) {
  s.same(0, 0);
  const auto& p = s.as<SoftmaxOutputParam>();
  const Shape &data = s.in[0], &label = s.in[1];
  if (!data.rank_known()) return;
  MX_CHECK(data.ndim >= 2 || (data.ndim == 1 && !p.multi_output), kValue, "[SoftmaxOutput] data of shape ", data,
           " has no axis of classes; it needs at least 2 dimensions");
  if (label.rank_known()) {
    Shape merged = label;
    if (label.ndim == data.ndim && unify(merged, data)) return s.set_input(1, merged);  // probabilities
  }
  if (!p.multi_output) return s.set_input(1, data.slice(0, data.ndim - 1));
  if (!data.slice(2).known()) return;
  Shape flat = {data[0], data.size(2, data.ndim)}, kept = {data[0]}, one = {data[0], 1};
  for (int i = 2; i < data.ndim; ++i) kept.push_back(data[i]), one.push_back(data[i]);
  for (const Shape& form : {flat, kept, one}) {
    Shape merged = label;
    if (label.rank_known() && unify(merged, form)) return s.set_input(1, merged);
  }
  s.set_input(1, flat);
}

void infer_dtype(const InferDType& d) {
  if (d.out[0] != DType::kUnknown) d.set_input(0, d.out[0]);
  if (d.in[0] == DType::kUnknown) {
    if (d.in[1] == DType::kUnknown) return;
    d.set_input(0, d.in[1]);
  }
  d.set_output(0, d.in[0]);
  if (is_half(d.in[0]) && d.in[1] == DType::kFloat32) return;  // half types cannot count labels beyond 2048
  d.set_input(1, d.in[0]);
}

void forward(const OpContext& context) {
  const auto& p = context.as<SoftmaxOutputParam>();
  const Tensor &data = context.in[0], &out = context.out[0];
  const View v = forward_view(data.shape, p);
  if (data.size() == 0) return;
  if (device::current()) return softmax_rows("softmax", {v.outer, v.classes, v.inner}, 1, data, {}, out);
  if (data.dtype != DType::kFloat64) return onednn::softmax(context, v.outer, v.classes, v.inner, data, out);
  const Loop loop = find_loop("softmax_output_rows", DType::kFloat64);
  const int64_t sample = v.classes * v.inner;
  engine::parallel_for(v.outer, std::max<int64_t>(1, (1 << 11) / sample), [&](int64_t begin, int64_t end) {
    void* to[] = {out.as<double>() + begin * sample};
    const void* from[] = {data.as<double>() + begin * sample};
    const int64_t extra[] = {v.classes, v.inner};
    loop(to, from, end - begin, {.extra = extra});
  });
}

// One number, where the array is.
Tensor count_valid(const OpContext& context, const Tensor& label, int64_t count) {
  const DType lane = compute_dtype(label.dtype);
  const Tensor valid = {context.workspace(size_of(lane)), {1}, lane};
  run_reduce(context, get_kernel("softmax_output_valid"), {label.data, {count}, label.dtype}, valid, 1);
  return valid;
}

// Without what the number of valid labels divides.
double gradient_scale(const SoftmaxOutputParam& p, const View& v, int64_t count) {
  if (p.normalization == SoftmaxOutputParam::kValid) return p.grad_scale;
  const double scale = p.grad_scale / static_cast<double>(p.multi_output ? v.inner : 1);
  return p.normalization == SoftmaxOutputParam::kBatch ? scale / static_cast<double>(count / v.inner) : scale;
}

// (output, label) -> gradient of data
void backward(const OpContext& context) {
  const auto& p = context.as<SoftmaxOutputParam>();
  const Tensor &output = context.in[0], &label = context.in[1], &out = context.out[0];
  if (output.size() == 0) return;
  if (output.shape == label.shape) {  // the labels are probabilities
    const double scale = p.grad_scale;
    return map_floats(context, "regression_difference", {output, label}, out, &scale);
  }
  const View v = forward_view(output.shape, p);
  const int64_t count = count_labels(output.shape, p);
  SoftmaxOutputScaled scaled = {&p, gradient_scale(p, v, count)};
  Tensor divisor;
  if (p.normalization == SoftmaxOutputParam::kValid) divisor = count_valid(context, label, count);
  if (device::current()) {
    const RowView rows{v.outer, v.classes, v.inner};
    const double one = 1;
    if (!divisor.data) divisor = {const_cast<double*>(&one), {1}, DType::kFloat64};
    return device::run_rows("softmax_output_gradient_rows", compute_dtype(out.dtype), rows,
                            {whole_rows(output, rows), per_row(label, rows), one_number(divisor)},
                            {whole_rows(out, rows)}, &scaled);
  }
  if (divisor.data) {
    double valid;
    convert(divisor.data, divisor.dtype, &valid, DType::kFloat64, 1);
    scaled.scale /= std::max(valid, 1.0);
  }
  const Floats from = read_floats(context, output), labels = read_floats(context, label),
               to = write_floats(context, out);
  const Loop loop = find_loop("softmax_output_backward", to.dtype);
  const int64_t sample = v.classes * v.inner;
  const auto size = static_cast<int64_t>(size_of(to.dtype));
  engine::parallel_for(v.outer, std::max<int64_t>(1, (1 << 14) / sample), [&](int64_t begin, int64_t end) {
    void* written[] = {to.data + begin * sample * size};
    const void* read[] = {from.data + begin * sample * size, labels.data + begin * v.inner * size};
    const int64_t extra[] = {v.classes, v.inner};
    loop(written, read, end - begin, {.params = &scaled, .extra = extra});
  });
  to.finish();
}

void gradient(GradientContext& g) {
  if (g.wants(0)) {
    Value gradient = g.call_same("_backward_SoftmaxOutput", {g.output(0), g.input(1)}).at(0);
    if (g.as<SoftmaxOutputParam>().out_grad && g.has_head(0)) gradient = g.call("elemwise_mul", {gradient, g.head()});
    g.set(0, gradient);
  }
  if (g.wants(1)) g.set(1, g.zeros_like(g.input(1)));
}

}  // namespace

MX_OPERATOR(SoftmaxOutput) {
  op.describe(
        R"(Softmax, whose gradient is that of the cross-entropy with the labels: ``grad_scale * (p - onehot(label))``.

It ends a classification network: backward() needs no gradient of its output and ignores one that is given (but see out_grad).
Labels of the shape of data are taken for probabilities, and nothing divides the gradient then.)")
      .input("data", "Scores. Softmax runs over all axes but the first; see multi_output and preserve_shape.")
      .input("label", "The right classes, as numbers: the shape of data without the axis of classes.")
      .output("output", "Probabilities, of the shape of data.")
      .params<SoftmaxOutputParam>()
      .alias("Softmax")
      .infer_shape(infer_shape)
      .infer_dtype(infer_dtype)
      .portable_forward(forward)
      .gradient(gradient)
      .ignores_head()
      .amp(Amp::kFloat32);
}

MX_OPERATOR(_backward_SoftmaxOutput) {
  op.describe("Gradient of SoftmaxOutput.")
      .input("output", "The probabilities.")
      .input("label", "The labels.")
      .output("data")
      .params<SoftmaxOutputParam>()
      .infer_shape([](const InferShape& s) { s.same(0, 0); })
      .infer_dtype([](const InferDType& d) {
        if (d.in[0] != DType::kUnknown) d.set_output(0, d.in[0]);
      })
      .portable_forward(backward);
}

}  // namespace mx
#endif
