#include "mx/op.h"
#include "op/matrix/bilinear.h"
#include "op/matrix/gemm.h"
#include "op/nn/column_sum.h"
#include "op/nn/fully_connected_param.h"

namespace mx {
namespace {

int count_inputs(const void* params) { return static_cast<const FullyConnectedParam*>(params)->no_bias ? 2 : 3; }

void infer_parameters(const InferShape& s, const Shape& data, size_t weight) {
  const auto& p = s.as<FullyConnectedParam>();
  Shape matrix = {p.num_hidden, -1};
  if (data.rank_known()) {
    MX_CHECK(data.ndim > 0, kValue, "[FullyConnected] data needs at least one dimension");
    if (p.flatten ? data.slice(1).known() : data.back() >= 0) matrix[1] = inner_size(data, p.flatten);
  }
  s.set_input(weight, matrix);
}

void infer_shape(const InferShape& s) {
  const auto& p = s.as<FullyConnectedParam>();
  const Shape& data = s.in[0];
  if (!data.rank_known()) return;  // 1.9.1 then says nothing of the parameters either
  if (!p.no_bias) s.set_input(2, {p.num_hidden});
  infer_parameters(s, data, 1);
  Shape out = data;
  if (p.flatten) out = {data[0], p.num_hidden};
  out[out.ndim - 1] = p.num_hidden;
  s.set_output(0, out);
  Shape back = data;  // the output knows the leading dimensions
  const int leading = p.flatten ? 1 : data.ndim - 1;
  for (int i = 0; i < leading; ++i) back[i] = s.out[0][i];
  if (!p.flatten && s.in[1].rank_known()) back[data.ndim - 1] = s.in[1][1];
  s.set_input(0, back);
}

void forward(const OpContext& context) {
  const auto& p = context.as<FullyConnectedParam>();
  const LinearSizes n(context.in[0], p);
  const Gemm g = n.product(context.in[0].dtype, !p.no_bias);
  gemm(context, g, context.in[0].data, context.in[1].data, context.out[0].data,
       p.no_bias ? nullptr : context.in[2].data);
}

// (head, data, weight) -> gradients of data, weight [, bias]
void backward(const OpContext& context) {
  const auto& p = context.as<FullyConnectedParam>();
  const Tensor &head = context.in[0], &data = context.in[1], &weight = context.in[2];
  const LinearSizes n(data, p);
  const Strides y = row_major(n.rows, n.hidden), x = row_major(n.rows, n.inner), w = row_major(n.hidden, n.inner);
  if (context.wants(0))
    gemm(context, {1, n.rows, n.inner, n.hidden, y, w, x, data.dtype}, head.data, weight.data, context.out[0].data);
  if (context.wants(1))
    gemm(context, {1, n.hidden, n.inner, n.rows, transposed(y), x, w, data.dtype}, head.data, data.data,
         context.out[1].data);
  if (!p.no_bias && context.wants(2)) column_sum(context, head.data, n.rows, n.hidden, head.dtype, context.out[2].data);
}

void gradient(GradientContext& g) {
  const auto gradients = g.call_same("_backward_FullyConnected", {g.head(), g.input(0), g.input(1)});
  for (size_t i = 0; i < gradients.size(); ++i)
    if (g.wants(i)) g.set(i, gradients[i]);
}

void second_gradient(GradientContext& g) {
  bilinear_second_gradient(
      g, "_backward_FullyConnected", [&](const Value& data, const Value& weight, const Value& bias) {
        auto p = g.as<FullyConnectedParam>();
        p.no_bias = !bias;
        return bias ? g.call("FullyConnected", {data, weight, bias}, p) : g.call("FullyConnected", {data, weight}, p);
      });
}

}  // namespace

MX_OPERATOR(FullyConnected) {
  op.describe(R"(Applies a linear map to the last dimension: ``data weight^T + bias``.

With ``flatten`` data of shape (n, ...) is seen as (n, k) and the output is (n, num_hidden); without it data is (..., k) and the
output (..., num_hidden).)")
      .input("data", "The input, (n, ...) or (..., k).")
      .input("weight", "The weights, (num_hidden, k).")
      .optional_input("bias", "The bias, (num_hidden,); absent with no_bias.")
      .output("output", "The product.")
      .params<FullyConnectedParam>()
      .alias("_npx_fully_connected")
      .alias("_sparse_FullyConnected")
      .num_inputs(count_inputs)
      .infer_shape(infer_shape)
      .portable_forward(forward)
      .gradient(gradient)
      .amp(Amp::kHalf);
}

MX_OPERATOR(_backward_FullyConnected) {
  op.describe("Gradients of FullyConnected.")
      .input("head", "Gradient of the output.")
      .input("data", "The input of FullyConnected.")
      .input("weight", "Its weights.")
      .output("data")
      .output("weight")
      .output("bias")
      .params<FullyConnectedParam>()
      .num_outputs(count_inputs)
      .infer_shape([](const InferShape& s) {
        s.same(1, 0);
        s.same(2, 1);
        infer_parameters(s, s.in[1], 2);
        if (!s.as<FullyConnectedParam>().no_bias) s.set_output(2, {s.as<FullyConnectedParam>().num_hidden});
      })
      .portable_forward(backward)
      .gradient(second_gradient);
}

}  // namespace mx
