// Copies in which another axis becomes the last one, on a device: squares of 32 x 32 elements go through shared memory,
// so that both sides are read and written in whole lines.
#pragma once
#include "mx/cuda/element.h"

namespace mx::MX_ISA {

inline constexpr unsigned kSquare = 32;

struct TransposeArgs {
  uint32_t squares, down, right;  // in all; along the rows and the columns of a plane
  int64_t rows, columns;          // of the output: a row of the input is a column here
  int64_t in_step, out_step;      // between columns of the input, rows of the output
  int32_t others;                 // axes
  uint32_t dims[kMaxAxes];
  int64_t in_strides[kMaxAxes], out_strides[kMaxAxes];
};

template <class W>
__global__ void __launch_bounds__(kThreads) transpose_kernel(TransposeArgs a, const W* in, W* out) {
  constexpr unsigned kHeight = kThreads / kSquare;
  W* const square = dynamic_shared<W>();  // [kSquare][kSquare + 1]: no two threads of a warp meet in a bank
  const unsigned x = threadIdx.x % kSquare, y = threadIdx.x / kSquare;
  for (uint32_t task = blockIdx.x; task < a.squares; task += gridDim.x) {
    const uint32_t plane = task / (a.down * a.right), within = task - plane * a.down * a.right;
    const int64_t row = int64_t(within / a.right) * kSquare, column = int64_t(within % a.right) * kSquare;
    int64_t from = row + column * a.in_step, to = row * a.out_step + column;
    uint32_t rest = plane;
#pragma unroll 1
    for (int axis = a.others - 1; axis >= 0; --axis) {
      const uint32_t above = rest / a.dims[axis], here = rest - above * a.dims[axis];
      from += here * a.in_strides[axis], to += here * a.out_strides[axis];
      rest = above;
    }
#pragma unroll
    for (unsigned k = y; k < kSquare; k += kHeight)
      if (row + x < a.rows && column + k < a.columns) square[k * (kSquare + 1) + x] = in[from + x + k * a.in_step];
    __syncthreads();
#pragma unroll
    for (unsigned k = y; k < kSquare; k += kHeight)
      if (row + k < a.rows && column + x < a.columns) out[to + k * a.out_step + x] = square[x * (kSquare + 1) + k];
    __syncthreads();
  }
}

// Which axis the input is contiguous along where that is not the last one, but the output's; -1: squares don't help.
inline int transposed_axis(const MXBlock* block) {
  constexpr int64_t kShortest = 8;
  const int last = block->ndim - 1;
  const MXOperand &in = block->in[0], &out = block->out[0];
  if (last < 1 || !in.data || in.dtype != out.dtype || out.strides[last] != 1 || in.strides[last] <= 1 ||
      block->dims[last] < kShortest)
    return -1;
  for (int axis = 0; axis < last; ++axis)
    if (in.strides[axis] == 1 && block->dims[axis] >= kShortest) return axis;
  return -1;
}

template <class W>
int run_transpose(const MXBlock* block, int across) {
  const int last = block->ndim - 1;
  const MXOperand &in = block->in[0], &out = block->out[0];
  TransposeArgs a{};
  a.rows = block->dims[across], a.columns = block->dims[last];
  a.in_step = in.strides[last], a.out_step = out.strides[across];
  const int64_t down = (a.rows + kSquare - 1) / kSquare, right = (a.columns + kSquare - 1) / kSquare;
  int64_t squares = down * right;
  for (int axis = 0; axis < last; ++axis) {
    if (axis == across) continue;
    squares *= block->dims[axis];
    a.dims[a.others] = uint32_t(block->dims[axis]);
    a.in_strides[a.others] = in.strides[axis], a.out_strides[a.others++] = out.strides[axis];
  }
  if (squares >= int64_t{1} << 31) return fail("a transposed copy has more than 2^41 elements");
  a.squares = uint32_t(squares), a.down = uint32_t(down), a.right = uint32_t(right);
  if (squares == 0) return 0;
  return launch(block, transpose_kernel<W>, unsigned(squares < 65536 ? squares : 65536), kThreads,
                kSquare * (kSquare + 1) * sizeof(W), a, static_cast<const W*>(in.data), static_cast<W*>(out.data));
}

template <class T>
int run_transpose_words(const MXBlock* block, int across) {
  if constexpr (sizeof(T) == 1)
    return run_transpose<uint8_t>(block, across);
  else if constexpr (sizeof(T) == 2)
    return run_transpose<uint16_t>(block, across);
  else if constexpr (sizeof(T) == 4)
    return run_transpose<uint32_t>(block, across);
  else
    return run_transpose<uint64_t>(block, across);
}

}  // namespace mx::MX_ISA
