// Sums over the rows of a (rows, columns) array: the gradient of a bias. Half types add up in float32.
#pragma once
#include "mx/opdef.h"

namespace mx {

void column_sum(const OpContext& context, const void* data, int64_t rows, int64_t columns, DType dtype, void* out);

}  // namespace mx
