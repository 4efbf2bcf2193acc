// Results that are computed element by element, each from wherever in the inputs it comes: padding, patches, sequences.
// An operator file supplies a struct of numbers, which is the kernel's parameters and its code, and hands its address
// to device::run_dense():
//   struct Reversed {
//     int64_t n;                                             how many elements there are
//     template <class T, class N, class Arrays>
//     MX_XPU void operator()(N i, const Arrays& a) const;    makes element i; N counts them in 32 bits where that does
//   };
//   MX_DEVICE_KERNELS(reversed, Each<Reversed>, ...)
#pragma once
#include "mx/cuda/element.h"
#include "mx/cuda/register.h"

#if defined(CUDA_EMULATION)
#define __grid_constant__
#endif

namespace mx::MX_ISA {

template <class T>
struct EachArrays {
  static constexpr int kMost = 4;
  MXOperand ins[kMost], outs[kMost];

  // Arrays of T, or of another type.
  template <class V = T>
  __device__ __forceinline__ const V* from(int k) const {
    return static_cast<const V*>(ins[k].data);
  }
  template <class V = T>
  __device__ __forceinline__ V* to(int k) const {
    return static_cast<V*>(outs[k].data);
  }
  __device__ __forceinline__ bool wants(int k) const { return outs[k].data; }
  // The T that has these bytes.
  __device__ __forceinline__ T word(uint64_t bytes) const {
    T value;
    memcpy(&value, &bytes, sizeof value);
    return value;
  }
  // Of any dtype.
  __device__ __forceinline__ T read(int k, int64_t i) const {
    return load<T>(ins[k].data, static_cast<DType>(ins[k].dtype), i);
  }
  __device__ __forceinline__ void write(int k, int64_t i, T value) const {
    store<T>(outs[k].data, static_cast<DType>(outs[k].dtype), i, value);
  }
};

template <class F, class T, class N>
__global__ void __launch_bounds__(kThreads)
    each_kernel(const __grid_constant__ F f, const __grid_constant__ EachArrays<T> a) {
  const N n = N(f.n), step = N(gridDim.x) * blockDim.x;
  for (N i = N(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) f.template operator()<T>(i, a);
}

template <class F>
struct Each {};
template <class F>
struct DeviceBlock<Each<F>> {
  static constexpr int kKind = MX_BLOCK_DENSE;
  template <class T>
  static int run(const MXBlock* block) {
    const F f = *static_cast<const F*>(block->params);
    if (f.n == 0) return 0;
    EachArrays<T> a{};
    if (block->num_in > a.kMost || block->num_out > a.kMost) return fail("a kernel has more than four arrays");
    for (int k = 0; k < block->num_in; ++k) a.ins[k] = block->in[k];
    for (int k = 0; k < block->num_out; ++k) a.outs[k] = block->out[k];
    if (f.n < int64_t{1} << 31) return launch(block, each_kernel<F, T, uint32_t>, grid_for(f.n), kThreads, 0, f, a);
    return launch(block, each_kernel<F, T, int64_t>, grid_for(f.n), kThreads, 0, f, a);
  }
};

}  // namespace mx::MX_ISA
