// Registration of densities.
#include "pdf.h"

#include <string>

#include "mx/op/strided.h"

namespace mx {
namespace {

constexpr const char* kParameter = "A parameter of the distribution; its axes are the first ones of the points.";

void forward_pdf(const OpContext& ctx) {
  Tensor in[3];
  for (size_t i = 0; i < ctx.in.size(); ++i) in[i] = i ? along_points(ctx.in[i], ctx.in[0].shape) : ctx.in[0];
  run_elementwise(get_kernel(ctx.op.name.c_str()), std::span(in, ctx.in.size()), ctx.out, ctx.params);
}

// in: head, points, parameters
void forward_gradient(const OpContext& ctx) {
  const Shape& points = ctx.in[1].shape;
  Tensor in[4];
  for (size_t i = 0; i < ctx.in.size(); ++i) in[i] = i > 1 ? along_points(ctx.in[i], points) : ctx.in[i];
  for (size_t k = 0; k < ctx.out.size(); ++k) {
    const Tensor& out = ctx.out[k];
    if (!ctx.wants(k)) continue;
    const std::string name = str(ctx.op.name.substr(sizeof "_backward" - 1), "_", k);
    if (!find_loop(name.c_str(), DType::kFloat32)) {  // counts have no slope
      fill_zeros(out);
      continue;
    }
    const unsigned axes = ((1u << points.ndim) - 1) & ~((1u << out.shape.ndim) - 1);
    const DType lane = out.dtype == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
    const int64_t n = points.size();
    const Tensor each = out.size() == n ? Tensor{out.data, points, out.dtype}
                                        : Tensor{ctx.workspace(static_cast<size_t>(n) * size_of(lane)), points, lane};
    run_elementwise(get_kernel(name.c_str()), std::span(in, ctx.in.size()), std::span(&each, 1), ctx.params);
    if (out.size() != n) run_reduce(ctx, get_kernel("sum"), each, out, axes);
  }
}

}  // namespace

Tensor along_points(const Tensor& parameter, const Shape& points) {
  Tensor result = parameter;
  while (result.shape.ndim < points.ndim) result.shape.push_back(1);
  return result;
}

void infer_pdf_parameters(const InferShape& s, size_t sample) {
  const Shape& points = s.in[sample];
  for (size_t i = sample + 1; i < s.in.size(); ++i) {
    s.set_input(i, s.in[sample + 1]);
    s.set_input(sample + 1, s.in[i]);
  }
  if (!points.rank_known() || !s.in[sample + 1].rank_known()) return;
  Shape shape = points;
  MX_CHECK(s.in[sample + 1].ndim <= points.ndim, kValue, "[", s.op.name, "] the parameters have shape ",
           s.in[sample + 1], ", more axes than the points, ", points);
  shape.ndim = s.in[sample + 1].ndim;
  for (size_t i = sample + 1; i < s.in.size(); ++i) s.set_input(i, shape);
}

OpDef& pdf(OpDef& op, std::initializer_list<const char*> parameters) {
  op.input("sample", "The points.");
  for (const char* name : parameters) op.input(name, kParameter);
  return op.params<PdfParam>()
      .infer_shape([](const InferShape& s) {
        s.same(0, 0);
        infer_pdf_parameters(s, 0);
      })
      .portable_forward(forward_pdf)
      .gradient([](GradientContext& g) {
        std::vector<Value> inputs = {g.head()};
        for (size_t i = 0; i < g.num_inputs(); ++i) inputs.push_back(g.input(i));
        const auto all = g.builder().call_all(("_backward" + g.op().name).c_str(), inputs, g.params());
        for (size_t i = 0; i < g.num_inputs(); ++i) g.set(i, all[i]);
      });
}

OpDef& pdf_gradient(OpDef& op, std::initializer_list<const char*> parameters) {
  op.describe("The gradient of a density.").input("head", "The gradient of the result.").input("sample", "The points.");
  op.output("sample");
  for (const char* name : parameters) op.input(name, kParameter).output(name);
  return op.params<PdfParam>()
      .infer_shape([](const InferShape& s) {
        s.set_input(0, s.in[1]);
        infer_pdf_parameters(s, 1);
        for (size_t i = 0; i < s.out.size(); ++i) s.same(i + 1, i);
      })
      .portable_forward(forward_gradient);
}

}  // namespace mx
