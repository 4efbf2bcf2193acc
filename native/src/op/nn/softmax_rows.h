// The softmax family on devices.
#pragma once
#include "mx/op/rows.h"

#if defined(MX_PASS_HOST)
namespace mx {

// out = softmax(scale in) of every row; `lengths`: how many elements count per row, or no data. Kernels: softmax,
// log_softmax.
void softmax_rows(const char* kernel, const RowView& rows, double scale, const Tensor& in, const Tensor& lengths,
                  const Tensor& out);
// Kernels: _backward_softmax, _backward_log_softmax.
void softmax_gradient_rows(const char* kernel, const RowView& rows, double scale, const Tensor& head,
                           const Tensor& output, const Tensor& out);

}  // namespace mx
#endif
