// Gradients that add elements up where they meet.
#pragma once
#include "mx/op/kernel.h"
#include "mx/op/strided.h"

namespace mx {

// Clears `out` and calls add(const T* in, T* out), in the dtype that sums of `out` are computed in.
template <class Add>
void sum_into(const OpContext& ctx, const Tensor& in, const Tensor& out, Add add) {
  const DType lane = get_kernel("add").lane(out.dtype);
  Tensor from = in, to = out;
  if (lane != out.dtype) {
    from = {ctx.workspace(static_cast<size_t>(in.size()) * size_of(lane)), in.shape, lane};
    to = {ctx.workspace(static_cast<size_t>(out.size()) * size_of(lane)), out.shape, lane};
    convert(in.data, in.dtype, from.data, lane, in.size());
  }
  fill_zeros(to);
  switch (lane) {
    case DType::kFloat32:
      add(static_cast<const float*>(from.data), to.as<float>());
      break;
    case DType::kFloat64:
      add(static_cast<const double*>(from.data), to.as<double>());
      break;
    case DType::kInt32:  // unsigned: sums wrap around
      add(static_cast<const uint32_t*>(from.data), to.as<uint32_t>());
      break;
    default:
      add(static_cast<const uint64_t*>(from.data), to.as<uint64_t>());
  }
  if (to.data != out.data) convert(to.data, lane, out.data, out.dtype, out.size());
}

}  // namespace mx
