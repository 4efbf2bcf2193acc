// Between the formats of Tensor: what executors put where steps that differ in them meet.
#include "mx/op.h"
#include "op/onednn/cache.h"

namespace mx {
namespace {

onednn::Desc describe(const Tensor& tensor) {
  using namespace onednn;
  const Type type = type_of(tensor.dtype, "_reorder");
  if (tensor.format == Format::kPlain) return plain(tensor.shape, type);
  const int ndim = tensor.shape.ndim;
  return {dims_of(tensor.shape), type, ndim == 3 ? Tag::nwc : ndim == 4 ? Tag::nhwc : Tag::ndhwc};
}

void forward(const OpContext& context) {
  using namespace onednn;
  const Tensor &from = context.in[0], &to = context.out[0];
  if (from.size() == 0) return;
  Key key("reorder", {.bytes = 2.0 * static_cast<double>(from.bytes())});
  key.add(from.shape).add(from.dtype).add(static_cast<int64_t>(from.format)).add(static_cast<int64_t>(to.format));
  auto call = prepare(context, key, [&]() -> Call {
    const Desc source = describe(from), target = describe(to);
    return {dnnl::reorder::primitive_desc(cpu(), source, cpu(), target, attributes()),
            {in(DNNL_ARG_FROM, source), out(DNNL_ARG_TO, target)}};
  });
  call->run(context, {from.data, to.data});
}

}  // namespace

MX_OPERATOR(_reorder) {
  op.describe("The same array in another format in memory.")
      .hidden()
      .input("data", "The array.")
      .output("output", "The same shape.")
      .infer_shape(same_shape)
      .forward(forward);
}

}  // namespace mx
