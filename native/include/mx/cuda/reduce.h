// The reduction block on a device, in one or two passes. Values that are reduced together lie along rows (one warp, or
// eight, per result) or columns (one thread per result, neighbours side by side); long ones are cut into pieces, whose
// results a second pass combines. No atomics: the same bits every time.
#pragma once
#include "mx/cuda/element.h"
#include "mx/cuda/register.h"

namespace mx::MX_ISA {

struct ReduceArgs {
  int64_t results, count;  // of values per result
  int64_t pieces, length;  // of the values of a result; length: of a piece
  int32_t kept, reduced;   // axes
  int32_t warps;           // per result; 0: columns
  bool mapped, last;       // the input holds partial results; the output is the result
  int64_t dims[kMaxAxes];
  DeviceOperand in, out;
};

// Where result `i` starts in an operand (axes 0..kept), and where its value `j` lies from there (the other axes).
// Divides in 32 bits: a division of 64 bits is a function call. One axis is not divided at all and may be longer.
__device__ __forceinline__ int64_t reduce_offset(const ReduceArgs& a, const int64_t* strides, int from, int to,
                                                 int64_t i) {
  if (to - from <= 1) return to > from ? i * strides[from] : 0;
  int64_t at = 0;
  auto rest = static_cast<uint32_t>(i);
#pragma unroll 1
  for (int axis = to - 1; axis > from; --axis) {
    const auto dim = static_cast<uint32_t>(a.dims[axis]);
    at += rest % dim * strides[axis];
    rest /= dim;
  }
  return at + rest * strides[from];
}

// Combines `v` over the threads of 1 or 8 whole warps; the first thread has the result. All threads of the block come.
template <class F, class T>
__device__ __forceinline__ T reduce_warps(const F& f, T v, int warps, T* shared) {
#pragma unroll
  for (int d = 16; d; d /= 2) v = f.combine(v, __shfl_down_sync(0xffffffffu, v, d));
  if (warps == 1) return v;
  if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = v;
  __syncthreads();
  if (threadIdx.x == 0)
    for (int w = 1; w < warps; ++w) v = f.combine(v, shared[w]);
  __syncthreads();  // shared may be used again
  return v;
}

template <class F, class T>
__device__ __forceinline__ void reduce_store(const F& f, const ReduceArgs& a, int64_t result, int64_t piece, T v,
                                             int64_t total) {
  if constexpr (requires { f.finish(v, total); })
    if (a.last) v = f.finish(v, total);
  const int64_t to = a.last ? reduce_offset(a, a.out.strides, 0, a.kept, result) : result * a.pieces + piece;
  store<T>(a.out.data, a.out.dtype, to, v);
}

template <class F, class T>
__global__ void __launch_bounds__(kThreads) reduce_rows(F f, ReduceArgs a, int64_t total) {
  T* shared = dynamic_shared<T>();
  const unsigned width = unsigned(a.warps) * 32, lane = threadIdx.x % width;
  const uint32_t tasks = uint32_t(a.results * a.pieces), pieces = uint32_t(a.pieces), per_block = kThreads / width;
  // All threads of a block stay together: those without a task bring the identity.
  for (uint32_t first = blockIdx.x * per_block; first < tasks; first += gridDim.x * per_block) {
    const uint32_t task = first + threadIdx.x / width, result = task / pieces, piece = task % pieces;
    T v = F::template identity<T>();
    if (task < tasks) {
      const int64_t base = reduce_offset(a, a.in.strides, 0, a.kept, result), begin = piece * a.length,
                    end = begin + a.length < a.count ? begin + a.length : a.count;
      for (int64_t j = begin + lane; j < end; j += width) {
        const T x = load<T>(a.in, base + reduce_offset(a, a.in.strides, a.kept, a.kept + a.reduced, j));
        v = f.combine(v, a.mapped ? x : f.map(x));
      }
    }
    v = reduce_warps(f, v, a.warps, shared);
    if (lane == 0 && task < tasks) reduce_store(f, a, result, piece, v, total);
  }
}

template <class F, class T>
__global__ void __launch_bounds__(kThreads) reduce_columns(F f, ReduceArgs a, int64_t total) {
  const uint32_t results = uint32_t(a.results), tasks = uint32_t(a.results * a.pieces), step = gridDim.x * blockDim.x;
  for (uint32_t task = blockIdx.x * blockDim.x + threadIdx.x; task < tasks; task += step) {
    const uint32_t result = task % results, piece = task / results;  // neighbours read side by side
    const int64_t base = reduce_offset(a, a.in.strides, 0, a.kept, result), begin = piece * a.length,
                  end = begin + a.length < a.count ? begin + a.length : a.count;
    T v = F::template identity<T>();
    for (int64_t j = begin; j < end; ++j) {
      const T x = load<T>(a.in, base + reduce_offset(a, a.in.strides, a.kept, a.kept + a.reduced, j));
      v = f.combine(v, a.mapped ? x : f.map(x));
    }
    reduce_store(f, a, result, piece, v, total);
  }
}

template <class F, class T>
int launch_reduce(const MXBlock* block, const F& f, const ReduceArgs& a, int64_t total) {
  const int64_t tasks = a.results * a.pieces;
  if (!a.warps) return launch(block, reduce_columns<F, T>, grid_for(tasks), kThreads, 0, f, a, total);
  return launch(block, reduce_rows<F, T>, grid_for(tasks * a.warps * 32), kThreads, kThreads / 32 * sizeof(T), f, a,
                total);
}

template <class F, class T>
int run_reduce(const MXBlock* block) {
  if (block->num_in != 1 || block->num_out != 1) return fail("a reduction got a wrong number of arrays");
  const F f = make_functor<F>(LoopArgs{.params = block->params, .mode = block->mode, .extra = block->extra});
  ReduceArgs a{};
  a.results = a.count = a.pieces = 1;
  a.kept = block->ndim - block->reduced, a.reduced = block->reduced;
  for (int i = 0; i < block->ndim; ++i) {
    a.dims[i] = block->dims[i];
    (i < a.kept ? a.results : a.count) *= block->dims[i];
  }
  if (a.results == 0) return 0;
  a.in = to_operand(block->in[0], block->ndim), a.out = to_operand(block->out[0], block->ndim);
  // Rows where neighbouring values are reduced together, or where there are few results.
  const bool rows = a.reduced && (a.in.strides[block->ndim - 1] == 1 || a.results < 32);
  a.warps = !rows ? 0 : a.count < 1024 ? 1 : 8;
  constexpr int64_t kPiece = 16384, kColumnPiece = 512, kEnough = 1 << 16;  // threads that fill a device
  const int64_t longest = rows ? kPiece : kColumnPiece, threads = a.results * (rows ? a.warps * 32 : 1);
  if (a.count > longest && threads < kEnough) a.pieces = (a.count + longest - 1) / longest;
  a.length = a.pieces > 1 ? longest : a.count;
  constexpr int64_t kMost = int64_t{1} << 31;
  if (a.results >= kMost / a.pieces || (a.reduced > 1 && a.count >= kMost))
    return fail("a reduction has 2^31 results or more, or reduces as many values along several axes");
  const int64_t total = a.count;
  a.last = a.pieces == 1;
  if (a.last) return launch_reduce<F, T>(block, f, a, total);

  ReduceArgs second{};
  void* partial = block->workspace(block->context, size_t(a.results * a.pieces) * sizeof(T));
  if (!partial) return 2;
  second.in = {static_cast<char*>(partial), 0, dtype_of<T>, 0, {}};
  // partial[result, piece] as one kept and one reduced axis; the output keeps its own axes.
  second.out = a.out;
  a.out = second.in;
  second.results = a.results, second.count = second.length = a.pieces, second.pieces = 1;
  second.kept = a.kept, second.reduced = 1, second.mapped = second.last = true;
  second.warps = second.count < 1024 ? 1 : 8;
  int64_t step = a.pieces;
  for (int i = a.kept - 1; i >= 0; --i) second.dims[i] = a.dims[i], second.in.strides[i] = step, step *= a.dims[i];
  second.dims[a.kept] = a.pieces, second.in.strides[a.kept] = 1;
  const int failed = launch_reduce<F, T>(block, f, a, total);
  return failed ? failed : launch_reduce<F, T>(block, f, second, total);
}

template <class F>
struct DeviceBlock<Reduce<F>> {
  static constexpr int kKind = MX_BLOCK_REDUCE;
  template <class T>
  static int run(const MXBlock* block) {
    return run_reduce<F, T>(block);
  }
};

}  // namespace mx::MX_ISA
