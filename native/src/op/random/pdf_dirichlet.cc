// The density of the Dirichlet distribution: points and parameters are vectors along the last axis.
#include "engine/threads.h"
#include "pdf.h"

#if defined(MX_PASS_HOST)
#include <cmath>

namespace mx {
namespace {

// points (first..., more..., size), alpha (first..., size), result (first..., more...)
void infer(const InferShape& s, size_t sample, Shape* result) {
  const Shape &points = s.in[sample], &alpha = s.in[sample + 1];
  *result = {};
  if (!points.rank_known()) return;
  MX_CHECK(points.ndim >= 1, kValue, "[", s.op.name, "] sample has shape ", points, ", but needs an axis of vectors");
  *result = points;
  --result->ndim;
  if (result->ndim == 0) result->push_back(1);
  if (!alpha.rank_known()) return;
  MX_CHECK(alpha.ndim >= 1 && alpha.ndim <= points.ndim, kValue, "[", s.op.name, "] alpha has shape ", alpha,
           ", which does not fit sample, ", points);
  Shape wanted = points;
  wanted.ndim = alpha.ndim;
  wanted[alpha.ndim - 1] = points[points.ndim - 1];
  s.set_input(sample + 1, wanted);
}

// All in float64: n vectors of `size` numbers, `each` of them for every alpha.
struct Dirichlet {
  int64_t size, n, each;
  const double *points, *alpha;
  double *logs, *constants;  // of the points, and log gamma(sum alpha) - sum log gamma(alpha) of every alpha

  Dirichlet(const OpContext& ctx, const Tensor& sample, const Tensor& parameter) {
    size = sample.shape[sample.shape.ndim - 1], n = size ? sample.size() / size : 0;
    each = parameter.size() ? sample.size() / parameter.size() : 1;
    points = wide(ctx, sample), alpha = wide(ctx, parameter);
    logs = static_cast<double*>(ctx.workspace(static_cast<size_t>(n) * 8));
    const int64_t count = n / each;
    constants = static_cast<double*>(ctx.workspace(static_cast<size_t>(count) * 8));
    const double* const parts = mapped(ctx, "gammaln", alpha, count * size);
    const double* const wholes = mapped(ctx, "gammaln", sums(ctx), count);
    for (int64_t a = 0; a < count; ++a) {
      constants[a] = wholes[a];
      for (int64_t i = 0; i < size; ++i) constants[a] -= parts[a * size + i];
    }
    engine::parallel_for(n, kGrain / (16 * size) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t v = begin; v < end; ++v) {
        const double *x = points + v * size, *a = alpha + v / each * size;
        logs[v] = constants[v / each];
        for (int64_t i = 0; i < size; ++i) logs[v] += (a[i] - 1) * std::log(x[i]);
      }
    });
  }

  static double* wide(const OpContext& ctx, const Tensor& t) {
    auto* to = static_cast<double*>(ctx.workspace(static_cast<size_t>(t.size()) * 8));
    convert(t.data, t.dtype, to, DType::kFloat64, t.size());
    return to;
  }
  static double* mapped(const OpContext& ctx, const char* kernel, const double* from, int64_t count) {
    auto* to = static_cast<double*>(ctx.workspace(static_cast<size_t>(count) * 8));
    const Tensor in{const_cast<double*>(from), Shape{count}, DType::kFloat64}, out{to, Shape{count}, DType::kFloat64};
    run_elementwise(get_kernel(kernel), std::span(&in, 1), std::span(&out, 1));
    return to;
  }
  double* sums(const OpContext& ctx) const {
    auto* to = static_cast<double*>(ctx.workspace(static_cast<size_t>(n / each) * 8));
    for (int64_t a = 0; a < n / each; ++a) {
      to[a] = 0;
      for (int64_t i = 0; i < size; ++i) to[a] += alpha[a * size + i];
    }
    return to;
  }
};

void forward(const OpContext& ctx) {
  const Dirichlet d(ctx, ctx.in[0], ctx.in[1]);
  if (!ctx.as<PdfParam>().is_log)
    for (int64_t v = 0; v < d.n; ++v) d.logs[v] = std::exp(d.logs[v]);
  convert(d.logs, DType::kFloat64, ctx.out[0].data, ctx.out[0].dtype, d.n);
}

void forward_gradient(const OpContext& ctx) {
  const Dirichlet d(ctx, ctx.in[1], ctx.in[2]);
  double* head = Dirichlet::wide(ctx, ctx.in[0]);
  if (!ctx.as<PdfParam>().is_log)
    for (int64_t v = 0; v < d.n; ++v) head[v] *= std::exp(d.logs[v]);
  if (ctx.wants(0)) {
    auto* to = static_cast<double*>(ctx.workspace(static_cast<size_t>(d.n * d.size) * 8));
    for (int64_t i = 0; i < d.n * d.size; ++i) {
      const int64_t v = i / d.size;
      to[i] = head[v] * (d.alpha[v / d.each * d.size + i % d.size] - 1) / d.points[i];
    }
    convert(to, DType::kFloat64, ctx.out[0].data, ctx.out[0].dtype, d.n * d.size);
  }
  if (ctx.wants(1)) {
    const int64_t count = d.n / d.each;
    const double* const parts = Dirichlet::mapped(ctx, "_digamma", d.alpha, count * d.size);
    const double* const wholes = Dirichlet::mapped(ctx, "_digamma", d.sums(ctx), count);
    auto* to = static_cast<double*>(ctx.workspace(static_cast<size_t>(count * d.size) * 8));
    for (int64_t i = 0; i < count * d.size; ++i) {
      const int64_t a = i / d.size;
      to[i] = 0;
      for (int64_t v = a * d.each; v < (a + 1) * d.each; ++v)
        to[i] += head[v] * (std::log(d.points[v * d.size + i % d.size]) + wholes[a] - parts[i]);
    }
    convert(to, DType::kFloat64, ctx.out[1].data, ctx.out[1].dtype, count * d.size);
  }
}

}  // namespace

MX_OPERATOR(_random_pdf_dirichlet) {
  op.alias("random_pdf_dirichlet")
      .describe("The density of Dirichlet distributions at vectors that add up to 1; the result has no axis for them.")
      .input("sample", "The vectors, along the last axis.")
      .input("alpha", "The parameters, along the last axis; the axes before are the first ones of the points.")
      .params<PdfParam>()
      .infer_shape([](const InferShape& s) {
        Shape result;
        infer(s, 0, &result);
        s.set_output(0, result);
      })
      .forward(forward)
      .gradient([](GradientContext& g) {
        const auto all = g.call_same("_backward_random_pdf_dirichlet", {g.head(), g.input(0), g.input(1)});
        g.set(0, all[0]);
        g.set(1, all[1]);
      });
}
MX_OPERATOR(_backward_random_pdf_dirichlet) {
  op.describe("The gradient of the density of Dirichlet distributions.")
      .input("head", "The gradient of the result.")
      .input("sample", "The vectors.")
      .input("alpha", "The parameters.")
      .output("sample")
      .output("alpha")
      .params<PdfParam>()
      .infer_shape([](const InferShape& s) {
        Shape result;
        infer(s, 1, &result);
        s.set_input(0, result);
        for (size_t i = 0; i < 2; ++i) s.same(i + 1, i);
      })
      .forward(forward_gradient);
}

}  // namespace mx
#endif
