// Arrays whose elements follow from their place, on a device.
#pragma once
#include "mx/cuda/element.h"
#include "mx/cuda/register.h"

namespace mx::MX_ISA {

template <class F, class T>
__global__ void __launch_bounds__(kThreads) index_kernel(F f, DeviceOperand out, int64_t n) {
  const int64_t step = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step)
    store<T>(out.data, out.dtype, i, f.template at<T>(i));
}

template <class F>
struct DeviceBlock<Index<F>> {
  static constexpr int kKind = MX_BLOCK_INDEX;
  template <class T>
  static int run(const MXBlock* block) {
    const F f = make_functor<F>(LoopArgs{.params = block->params});
    const int64_t n = block->ndim ? block->dims[0] : 1;
    return launch(block, index_kernel<F, T>, grid_for(n), kThreads, 0, f, to_operand(block->out[0], 0), n);
  }
};

}  // namespace mx::MX_ISA
