// The density of the Dirichlet distribution: points and parameters are vectors along the last axis.
#include "pdf.h"

#if defined(MX_PASS_HOST)
#include <utility>

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

// All in float64 and in three axes: parameters, points for each of them, components. Made of building blocks.
class Dirichlet {
 public:
  Tensor points, alpha, head;  // (count, each, size), (count, 1, size), (count, each, 1)

  Dirichlet(const OpContext& ctx, const Tensor& sample, const Tensor& parameter, const Tensor& result) : ctx_(ctx) {
    const int64_t size = sample.shape[sample.shape.ndim - 1], n = result.size(),
                  count = size ? parameter.size() / size : n, each = count ? n / count : 0;
    points = {sample.data, {count, each, size}, sample.dtype};
    alpha = {parameter.data, {count, 1, size}, parameter.dtype};
    head = {result.data, {count, each, 1}, result.dtype};
  }
  Tensor apply(const char* kernel, std::initializer_list<Tensor> in, const Shape& shape) const {
    const Tensor out = room(shape);
    run_elementwise(get_kernel(kernel), std::span(in.begin(), in.size()), std::span(&out, 1));
    return out;
  }
  Tensor sum(const Tensor& in, int axis) const {
    Shape shape = in.shape;
    shape[axis] = 1;
    const Tensor out = room(shape);
    run_reduce(ctx_, get_kernel("sum"), in, out, 1u << axis);
    return out;
  }
  // f(sum of alpha), and f(alpha).
  std::pair<Tensor, Tensor> whole_and_parts(const char* f) const {
    const Tensor wide = apply("copy", {alpha}, alpha.shape), whole = sum(wide, 2);
    return {apply(f, {whole}, whole.shape), apply(f, {wide}, wide.shape)};
  }
  Tensor less_one() const {
    static constexpr double one = 1;
    return apply("subtract", {alpha, {const_cast<double*>(&one), {1}, DType::kFloat64}}, alpha.shape);
  }
  Tensor logs() const { return apply("log", {points}, points.shape); }
  Tensor log_density() const {
    const auto [whole, parts] = whole_and_parts("gammaln");
    const Tensor constants = apply("subtract", {whole, sum(parts, 2)}, whole.shape),
                 powers = sum(apply("multiply", {less_one(), logs()}, points.shape), 2);
    return apply("add", {constants, powers}, head.shape);
  }

 private:
  Tensor room(const Shape& shape) const {
    return {ctx_.workspace(static_cast<size_t>(shape.size()) * 8), shape, DType::kFloat64};
  }
  const OpContext& ctx_;
};

void write(const Tensor& from, const Tensor& to) { convert(from.data, DType::kFloat64, to.data, to.dtype, to.size()); }

void forward(const OpContext& ctx) {
  if (ctx.out[0].size() == 0) return;
  const Dirichlet d(ctx, ctx.in[0], ctx.in[1], ctx.out[0]);
  const Tensor log = d.log_density();
  write(ctx.as<PdfParam>().is_log ? log : d.apply("exp", {log}, log.shape), ctx.out[0]);
}

void forward_gradient(const OpContext& ctx) {
  if (ctx.in[1].size() == 0) return;
  const Dirichlet d(ctx, ctx.in[1], ctx.in[2], ctx.in[0]);
  Tensor head = d.head;
  if (!ctx.as<PdfParam>().is_log) {
    const Tensor density = d.log_density();
    head = d.apply("multiply", {head, d.apply("exp", {density}, density.shape)}, head.shape);
  }
  if (ctx.wants(0)) {
    const Tensor slope = d.apply("divide", {d.less_one(), d.points}, d.points.shape);
    write(d.apply("multiply", {head, slope}, d.points.shape), ctx.out[0]);
  }
  if (ctx.wants(1)) {
    const auto [whole, parts] = d.whole_and_parts("_digamma");
    const Tensor constants = d.apply("subtract", {whole, parts}, d.alpha.shape),
                 slope = d.apply("add", {d.logs(), constants}, d.points.shape);
    write(d.sum(d.apply("multiply", {head, slope}, d.points.shape), 1), ctx.out[1]);
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
      .portable_forward(forward)
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
      .portable_forward(forward_gradient);
}

}  // namespace mx
#endif
