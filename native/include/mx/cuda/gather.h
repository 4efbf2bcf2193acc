// Copies whose places come from an array of indices, on a device. Two kernels per size of a word: 16 bytes at a time
// where the elements of the last axis stay together, and one word at a time.
#pragma once
#include "mx/cuda/elementwise.h"

namespace mx::MX_ISA {

struct GatherArgs {
  int64_t n, step, limit;
  int32_t ndim;
  bool back;
  int64_t dims[kMaxAxes];
  DeviceOperand in, index, out;
};

// All offsets are counted in P. N: a number that holds them.
template <class W, class P, class N>
__global__ void __launch_bounds__(kThreads) gather_kernel(GatherArgs a) {
  const N n = N(a.n), step = N(gridDim.x) * blockDim.x;
  for (N i = N(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) {
    int64_t from = 0, at = 0, to = 0;
    N rest = i;
#pragma unroll 1
    for (int axis = a.ndim - 1; axis >= 0; --axis) {
      const N above = axis ? rest / N(a.dims[axis]) : 0, here = rest - above * N(a.dims[axis]);
      from += here * a.in.strides[axis], at += here * a.index.strides[axis], to += here * a.out.strides[axis];
      rest = above;
    }
    const int64_t index = reinterpret_cast<const int64_t*>(a.index.data)[at];
    if (static_cast<uint64_t>(index) >= static_cast<uint64_t>(a.limit)) continue;
    (a.back ? to : from) += index * a.step;
    P* const target = reinterpret_cast<P*>(a.out.data) + to;
    if constexpr (__is_same(W, P))
      *target = load<W>(a.in, from);
    else
      *target = reinterpret_cast<const P*>(a.in.data)[from];
  }
}

template <class W, class P>
int launch_gather(const MXBlock* block, const GatherArgs& a) {
  if (a.n < int64_t{1} << 31) return launch(block, gather_kernel<W, P, uint32_t>, grid_for(a.n), kThreads, 0, a);
  return launch(block, gather_kernel<W, P, uint64_t>, grid_for(a.n), kThreads, 0, a);
}

struct Gather {};
template <>
struct DeviceBlock<Gather> {
  static constexpr int kKind = MX_BLOCK_GATHER;
  template <class W>
  static int run(const MXBlock* block) {
    GatherArgs a{};
    a.n = 1, a.step = block->extra[0], a.limit = block->extra[1], a.ndim = block->ndim, a.back = block->mode;
    a.in = to_operand(block->in[0], a.ndim), a.index = to_operand(block->in[1], a.ndim),
    a.out = to_operand(block->out[0], a.ndim);
    for (int i = 0; i < a.ndim; ++i) a.dims[i] = block->dims[i], a.n *= a.dims[i];
    if (a.n == 0) return 0;
    constexpr int64_t kWidth = 16 / sizeof(W);
    using P = Pack<W, kWidth>;
    const int last = a.ndim - 1;
    bool packs = last >= 0 && a.in.data && a.in.strides[last] == 1 && a.out.strides[last] == 1 &&
                 a.index.strides[last] == 0 && a.dims[last] % kWidth == 0 && a.step % kWidth == 0;
    for (int i = 0; packs && i < last; ++i) packs = a.in.strides[i] % kWidth == 0 && a.out.strides[i] % kWidth == 0;
    if (!packs || (reinterpret_cast<uintptr_t>(a.in.data) | reinterpret_cast<uintptr_t>(a.out.data)) % 16)
      return launch_gather<W, W>(block, a);
    a.n /= kWidth, a.dims[last] /= kWidth, a.step /= kWidth;
    for (int i = 0; i < last; ++i) a.in.strides[i] /= kWidth, a.out.strides[i] /= kWidth;
    return launch_gather<W, P>(block, a);
  }
};

}  // namespace mx::MX_ISA
