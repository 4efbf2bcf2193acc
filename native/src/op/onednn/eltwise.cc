#include "op/onednn/eltwise.h"

#include <bit>

#include "op/onednn/cache.h"

namespace mx::onednn {

static Key key_of(const char* kind, dnnl::algorithm algorithm, float alpha, const Tensor& data) {
  Key key(kind);
  key.add(static_cast<int64_t>(algorithm)).add(std::bit_cast<int32_t>(alpha)).add(data.size()).add(data.dtype);
  return key;
}

void eltwise(const OpContext& context, dnnl::algorithm algorithm, float alpha, const Tensor& data, const Tensor& out) {
  if (data.size() == 0) return;
  Key key = key_of("eltwise", algorithm, alpha, data);
  auto call = prepare(context, key, [&]() -> Call {
    const auto& op = context.op.name;
    const Desc given = plain({data.size()}, type_of(data.dtype, op)),
               used = plain({data.size()}, compute_type(data.dtype, op));
    const auto prop = dnnl::prop_kind::forward_inference;
    return {dnnl::eltwise_forward::primitive_desc(cpu(), prop, algorithm, used, used, alpha, 0.f, attributes()),
            {in(DNNL_ARG_SRC, given), mx::onednn::out(DNNL_ARG_DST, given)}};
  });
  call->run(context, {data.data, out.data});
}

void eltwise_backward(const OpContext& context, dnnl::algorithm algorithm, float alpha, const Tensor& saved,
                      const Tensor& head, const Tensor& out) {
  if (head.size() == 0) return;
  const bool from_output = algorithm == dnnl::algorithm::eltwise_elu_use_dst_for_bwd;
  Key key = key_of("eltwise_backward", algorithm, alpha, head);
  auto call = prepare(context, key, [&]() -> Call {
    const auto& op = context.op.name;
    const Desc given = plain({head.size()}, type_of(head.dtype, op));
    const Desc used = plain({head.size()}, compute_type(head.dtype, op, true));
    const auto prop = dnnl::prop_kind::forward_training;
    const dnnl::eltwise_forward::primitive_desc forward(cpu(), prop, algorithm, used, used, alpha, 0.f, attributes());
    return {
        dnnl::eltwise_backward::primitive_desc(cpu(), algorithm, used, used, used, alpha, 0.f, forward, attributes()),
        {in(from_output ? DNNL_ARG_DST : DNNL_ARG_SRC, given), in(DNNL_ARG_DIFF_DST, given),
         mx::onednn::out(DNNL_ARG_DIFF_SRC, given)}};
  });
  call->run(context, {saved.data, head.data, out.data});
}

}  // namespace mx::onednn
