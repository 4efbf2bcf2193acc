#include "op/nn/fused_fully_connected.h"

#include <algorithm>
#include <cstring>

#include "device/gemm.h"
#include "device/scope.h"
#include "mx/op.h"
#include "op/matrix/gemm.h"
#include "op/nn/floats.h"
#include "op/nn/fused_activation.h"
#include "op/onednn/cache.h"

namespace mx {
namespace {

using P = FusedFullyConnectedParam;

void forward(const OpContext& context) {
  using namespace onednn;
  const auto& p = context.as<P>();
  const auto& op = context.op.name;
  const Tensor &data = context.in[0], &weight = context.in[1];
  const LinearSizes n(data, p.linear);
  if (n.rows == 0) return;
  MX_CHECK(n.inner > 0, kUnsupported, "[", op, "] data of shape ", data.shape, " has nothing to multiply");
  const Gemm g = n.product(data.dtype, !p.linear.no_bias);
  const void* bias_data = p.linear.no_bias ? nullptr : context.in[2].data;
  if (device::current()) {
    const bool relu = p.activation == ActivationParam::kRelu;
    device::run_gemm(g, data.data, weight.data, context.out[0].data, bias_data, relu);
    if (p.activation && !relu) activate(*p.activation, context.out[0], context.out[0]);
    return;
  }
  if (suits_small_gemm(g)) {
    gemm(context, g, data.data, weight.data, context.out[0].data, bias_data);
    if (p.activation) activate(*p.activation, context.out[0], context.out[0]);
    return;
  }
  const Type given = type_of(data.dtype, op), type = compute_type(data.dtype, op);
  const double weights = static_cast<double>(n.inner * n.hidden);
  Key key("linear", {.flops = 2.0 * static_cast<double>(n.rows) * weights, .bytes = n.rows == 1 ? 4 * weights : 0});
  key.add(data.dtype).add(n.rows).add(n.inner).add(n.hidden).add(p.activation ? *p.activation : -1);
  const Desc bias = {{1, n.hidden}, Type::f32, Tag::ab};
  auto call = prepare(context, key, [&]() -> Call {
    dnnl::primitive_attr attr = attributes();
    dnnl::post_ops ops;
    if (p.activation) append_activation(ops, *p.activation);
    attr.set_post_ops(ops);
    const auto rows = [&](int64_t columns, Type t) { return Desc({n.rows, columns}, t, Tag::ab); };
    const dnnl::matmul::primitive_desc desc(cpu(), rows(n.inner, type), any({n.inner, n.hidden}, type), bias,
                                            rows(n.hidden, type), attr);
    return {desc,
            {in(DNNL_ARG_SRC, rows(n.inner, given)), in(DNNL_ARG_WEIGHTS, desc.weights_desc()), in(DNNL_ARG_BIAS, bias),
             out(DNNL_ARG_DST, rows(n.hidden, given))}};
  });
  const Desc& packed = call->desc_of(DNNL_ARG_WEIGHTS);
  const size_t sources[] = {1, 2}, at = (packed.get_size() + 63) / 64 * 64,
               bias_bytes = static_cast<size_t>(n.hidden) * sizeof(float);
  const std::span<const size_t> inputs(sources, p.linear.no_bias ? 1 : 2);
  const auto* kept = static_cast<const char*>(derive(context, key, inputs, at + bias_bytes, [&](void* memory) {
    reorder({{n.inner, n.hidden}, given, {1, n.inner}}, weight.data, packed, memory);
    void* b = static_cast<char*>(memory) + at;
    if (p.linear.no_bias)
      std::memset(b, 0, bias_bytes);
    else
      std::memcpy(b, read_floats(context, context.in[2]).data, bias_bytes);
  }));
  call->run(context, {data.data, kept, kept + at, context.out[0].data});
}

void infer_shape(const InferShape& s) {
  const auto& p = s.as<P>().linear;
  if (!s.in[0].rank_known()) return;
  Shape out = s.in[0];
  if (p.flatten) out = {s.in[0][0], p.num_hidden};
  out[out.ndim - 1] = p.num_hidden;
  s.set_output(0, out);
}

}  // namespace

MX_OPERATOR(_fused_fully_connected) {
  op.describe("FullyConnected and activation in one pass.")
      .hidden()
      .input("data", "The input.")
      .input("weight", "The weights.")
      .optional_input("bias", "The bias.")
      .output("output", "The result of the activation.")
      .params<P>()
      .num_inputs([](const void* p) { return static_cast<const P*>(p)->linear.no_bias ? 2 : 3; })
      .infer_shape(infer_shape)
      .portable_forward(forward);
}

}  // namespace mx
