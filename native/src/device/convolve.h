// Convolutions on a device: what convolve() and its adjoints hand over to while an operator runs there.
#pragma once
#include "op/nn/batch_norm.h"
#include "op/nn/convolve.h"

namespace mx::device {

void run_convolve(const Convolve& c, const void* x, const void* w, const void* bias, void* y);
void run_convolve_data(const Convolve& c, const void* dy, const void* w, void* dx);
void run_convolve_weight(const Convolve& c, const void* x, const void* dy, void* dw, void* db);

// y += bias, one value for each channel; bias = the sum of dy over the others.
void add_bias(const ChannelView& view, DType dtype, void* y, const void* bias);
void sum_bias(const ChannelView& view, DType dtype, const void* dy, void* bias);

}  // namespace mx::device
