// Softmax over the middle axis of (outer, classes, inner). Not for float64.
#pragma once
#include "mx/opdef.h"

namespace mx::onednn {

void softmax(const OpContext& context, int64_t outer, int64_t classes, int64_t inner, const Tensor& data,
             const Tensor& out);

}  // namespace mx::onednn
