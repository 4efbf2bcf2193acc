// Elementwise functions that oneDNN computes with vector instructions: those built on exp and erf. Not for float64.
#pragma once
#include "mx/opdef.h"
#include "op/onednn/onednn.h"

namespace mx::onednn {

void eltwise(const OpContext& context, dnnl::algorithm algorithm, float alpha, const Tensor& data, const Tensor& out);
// `saved`: the input of the function, or its output for the algorithms named ..._use_dst_for_bwd.
void eltwise_backward(const OpContext& context, dnnl::algorithm algorithm, float alpha, const Tensor& saved,
                      const Tensor& head, const Tensor& out);

}  // namespace mx::onednn
