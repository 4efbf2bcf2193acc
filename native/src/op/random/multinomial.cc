// Classes drawn with given probabilities.
#include <algorithm>
#include <cmath>
#include <string>

#include "base/random.h"
#include "engine/threads.h"
#include "mx/op.h"
#include "mx/op/random.h"

namespace mx {
namespace {

struct MultinomialParam {
  Shape shape = Shape::scalar();
  bool get_prob = false;
  DType dtype = DType::kInt32;
  static void fields(auto& f) {
    f.add("shape", &MultinomialParam::shape, "The shape of what is drawn for each row of probabilities.");
    f.add("get_prob", &MultinomialParam::get_prob,
          "Return also the logarithm of the probability of what was drawn, which has a gradient.");
    f.add("dtype", &MultinomialParam::dtype, "The dtype of the classes.");
  }
};

// data (..., classes) -> (...) + shape; (1,) for one row and one draw
void infer_shape(const InferShape& s) {
  if (!s.in[0].rank_known()) return;
  Shape shape = s.in[0];
  MX_CHECK(shape.ndim >= 1, kValue, "[", s.op.name, "] data has shape ", shape,
           ", but its last axis must hold the probabilities");
  --shape.ndim;
  for (int64_t dim : s.as<MultinomialParam>().shape) shape.push_back(dim);
  if (shape.ndim == 0) shape.push_back(1);
  for (size_t i = 0; i < s.out.size(); ++i) s.set_output(i, shape);
}

// Probabilities and what else is needed as float64.
const double* as_double(const OpContext& ctx, const Tensor& t) {
  if (t.dtype == DType::kFloat64) return t.as<double>();
  auto* to = static_cast<double*>(ctx.workspace(static_cast<size_t>(t.size()) * 8));
  convert(t.data, t.dtype, to, DType::kFloat64, t.size());
  return to;
}

void forward(const OpContext& ctx) {
  const Tensor &data = ctx.in[0], &out = ctx.out[0];
  MX_CHECK(is_floating(data.dtype), kType, "[_sample_multinomial] data is ", data.dtype,
           ", but probabilities are floats; convert it first (Cast)");
  const int64_t n = out.size(), classes = data.shape[data.shape.ndim - 1];
  if (n == 0) return;
  const int64_t rows = data.size() / classes, each = n / rows;
  const double* p = as_double(ctx, data);
  auto* sums = static_cast<double*>(ctx.workspace(static_cast<size_t>(data.size()) * 8));
  auto* unit = static_cast<double*>(ctx.workspace(static_cast<size_t>(n) * 8));
  auto* drawn = static_cast<int64_t*>(ctx.workspace(static_cast<size_t>(n) * 8));
  const bool wants_log = ctx.out.size() > 1 && ctx.wants(1);
  auto* logs = wants_log ? static_cast<double*>(ctx.workspace(static_cast<size_t>(n) * 8)) : nullptr;
  fill_uniform(*ctx.random, Tensor{unit, Shape{n}, DType::kFloat64});
  engine::parallel_for(rows, 4096 / (classes + each) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const double* own = p + row * classes;
      double *first = sums + row * classes, sum = 0;
      int64_t last = 0;  // the last class that may be drawn, should the probabilities not add up to 1
      for (int64_t c = 0; c < classes; ++c) {
        first[c] = sum += own[c];
        if (own[c] > 0) last = c;
      }
      for (int64_t i = row * each; i < (row + 1) * each; ++i) {
        const int64_t found = std::upper_bound(first, first + last, unit[i]) - first;
        drawn[i] = found;
        if (logs) logs[i] = std::log(own[found]);
      }
    }
  });
  convert(drawn, DType::kInt64, out.data, out.dtype, n);
  if (logs) convert(logs, DType::kFloat64, ctx.out[1].data, ctx.out[1].dtype, n);
}

// The gradient of the logarithm reaches the probability of the class that was drawn.
void forward_gradient(const OpContext& ctx) {
  const Tensor &data = ctx.in[1], &out = ctx.out[0];
  const int64_t n = ctx.in[0].size(), classes = data.shape[data.shape.ndim - 1];
  const double *head = as_double(ctx, ctx.in[0]), *p = as_double(ctx, data), *drawn = as_double(ctx, ctx.in[2]);
  auto* gradient = static_cast<double*>(ctx.workspace(static_cast<size_t>(data.size()) * 8));
  std::fill_n(gradient, data.size(), 0.);
  const int64_t each = data.size() ? n * classes / data.size() : 1;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t at = i / each * classes + static_cast<int64_t>(drawn[i]);
    gradient[at] += head[i] / p[at];
  }
  convert(gradient, DType::kFloat64, out.data, out.dtype, out.size());
}

}  // namespace

MX_OPERATOR(_sample_multinomial) {
  op.alias("sample_multinomial")
      .describe("Numbers of classes, drawn with the probabilities in the last axis of the array.")
      .input("data", "The probabilities; each row adds up to 1.")
      .output("output", "The classes.")
      .output("log_probability", "The logarithm of the probability of each; with get_prob only.")
      .params<MultinomialParam>()
      .num_outputs([](const void* p) { return static_cast<const MultinomialParam*>(p)->get_prob ? 2 : 1; })
      .uses_random()
      .infer_shape(infer_shape)
      .infer_dtype([](const InferDType& t) {
        t.set_output(0, t.as<MultinomialParam>().dtype);
        if (t.out.size() < 2) return;
        t.set_output(1, t.in[0]);
        t.set_input(0, t.out[1]);
      })
      .forward(forward)
      .gradient([](GradientContext& g) {
        if (!g.as<MultinomialParam>().get_prob) return g.set(0, g.zeros_like(g.input(0)));
        g.set(0, g.call("_backward_sample_multinomial", {g.head(1), g.input(0), g.output(0)}));
      });
}
MX_OPERATOR(_backward_sample_multinomial) {
  op.describe("The gradient of the logarithms of _sample_multinomial.")
      .input("head", "Their gradient.")
      .input("data", "The probabilities.")
      .input("output", "The classes.")
      .infer_shape([](const InferShape& s) { s.same(1, 0); })
      .infer_dtype([](const InferDType& t) {
        t.set_output(0, t.in[1]);
        t.set_input(1, t.out[0]);
      })
      .forward(forward_gradient);
}

}  // namespace mx
