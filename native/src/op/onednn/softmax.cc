#include "op/onednn/softmax.h"

#include "op/onednn/cache.h"

namespace mx::onednn {

void softmax(const OpContext& context, int64_t outer, int64_t classes, int64_t inner, const Tensor& data,
             const Tensor& output) {
  if (data.size() == 0) return;
  Key key("softmax", {.flops = 20.0 * static_cast<double>(data.size())});  // of an exponential, and the rest
  key.add(outer).add(classes).add(inner).add(data.dtype);
  auto call = prepare(context, key, [&]() -> Call {
    const Shape shape = inner == 1 ? Shape{outer, classes} : Shape{outer, classes, inner};
    const Desc given = plain(shape, type_of(data.dtype, context.op.name));
    const Desc used = plain(shape, compute_type(data.dtype, context.op.name));
    const dnnl::softmax_forward::primitive_desc desc(cpu(), dnnl::prop_kind::forward_inference,
                                                     dnnl::algorithm::softmax_accurate, used, used, 1, attributes());
    return {desc, {in(DNNL_ARG_SRC, given), out(DNNL_ARG_DST, given)}};
  });
  call->run(context, {data.data, output.data});
}

}  // namespace mx::onednn
