// The row block on a device: one kernel per functor, lane type and kind of group. Threads take rows that lie side by
// side or are very short, warps and blocks others. All threads of a group have the result of a reduction, added up in a
// fixed order: the same bits every time.
#pragma once
#include "mx/cuda/element.h"
#include "mx/cuda/register.h"

namespace mx::MX_ISA {

template <int kIn, int kOut>
struct RowArgs {
  uint32_t rows;
  int32_t kept;  // axes
  int64_t size;
  uint32_t dims[kMaxAxes];
  DeviceOperand in[kIn], out[kOut];
  int64_t in_step[kIn], out_step[kOut];  // along a row
};

template <class V>
__device__ __forceinline__ V from_lane(V v, int other) {
  struct Words {
    int32_t word[sizeof(V) / 4];
  } words = bits_as<Words>(v);
#pragma unroll
  for (int32_t& word : words.word) word = __shfl_xor_sync(0xffffffffu, word, other);
  return bits_as<V>(words);
}

// A row as the threads of a group see it: kWidth is 1, 32 or the whole block.
template <class T, int kWidth, int kIn, int kOut>
class DeviceRow {
 public:
  __device__ __forceinline__ DeviceRow(const RowArgs<kIn, kOut>& a, uint32_t row)
      : a_(a), lane_(kWidth == 1 ? 0 : threadIdx.x % kWidth) {
#pragma unroll
    for (int k = 0; k < kIn; ++k) from_[k] = 0;
#pragma unroll
    for (int k = 0; k < kOut; ++k) to_[k] = 0;
#pragma unroll 1
    for (int axis = a.kept - 1; axis >= 0; --axis) {
      const uint32_t above = axis ? row / a.dims[axis] : 0, here = row - above * a.dims[axis];
#pragma unroll
      for (int k = 0; k < kIn; ++k) from_[k] += here * a.in[k].strides[axis];
#pragma unroll
      for (int k = 0; k < kOut; ++k) to_[k] += here * a.out[k].strides[axis];
      row = above;
    }
  }

  __device__ __forceinline__ int64_t size() const { return a_.size; }
  __device__ __forceinline__ T in(int k, int64_t i) const { return load<T>(a_.in[k], from_[k] + i * a_.in_step[k]); }
  __device__ __forceinline__ int64_t integer(int k, int64_t i) const {
    return load<int64_t>(a_.in[k], from_[k] + i * a_.in_step[k]);
  }
  template <class V>
  __device__ __forceinline__ void out(int k, int64_t i, V value) const {
    store<V>(a_.out[k].data, a_.out[k].dtype, to_[k] + i * a_.out_step[k], value);
  }
  __device__ __forceinline__ bool wants(int k) const { return a_.out[k].data; }

  template <class F>
  __device__ __forceinline__ void each(const F& f) const {
    for (int64_t i = lane_; i < a_.size; i += kWidth) f(i);
  }
  template <class F>
  __device__ __forceinline__ void once(const F& f) const {
    if (lane_ == 0) f();
  }
  template <class V, class F, class C>
  __device__ __forceinline__ V reduce(V v, const F& f, const C& combine) const {
    for (int64_t i = lane_; i < a_.size; i += kWidth) v = combine(v, f(i));
    if constexpr (kWidth > 1) {
#pragma unroll
      for (int d = 16; d; d /= 2) v = combine(v, from_lane(v, d));
    }
    if constexpr (kWidth > 32) {
      V* const shared = dynamic_shared<V>();
      if (lane_ % 32 == 0) shared[lane_ / 32] = v;
      __syncthreads();
      v = shared[0];
      for (int w = 1; w < kWidth / 32; ++w) v = combine(v, shared[w]);
      __syncthreads();  // shared may be used again
    }
    return v;
  }
  template <class F>
  __device__ __forceinline__ T sum(const F& f) const {
    return reduce(T(0), f, [](T a, T b) { return a + b; });
  }
  // NaN where there is one.
  template <class F>
  __device__ __forceinline__ T largest(const F& f) const {
    return reduce(lowest<T>(), f, [](T a, T b) { return b > a || b != b ? b : a; });
  }

 private:
  const RowArgs<kIn, kOut>& a_;
  int64_t from_[kIn], to_[kOut];
  uint32_t lane_;
};

template <class F, class T, int kWidth>
__global__ void __launch_bounds__(kThreads, 2) rows_kernel(F f, RowArgs<F::kInputs, F::kOutputs> a) {
  constexpr unsigned kPerBlock = kThreads / kWidth;
  // A group stays together: all of its threads have the same row.
  for (uint32_t row = blockIdx.x * kPerBlock + threadIdx.x / kWidth; row < a.rows; row += gridDim.x * kPerBlock)
    f.template operator()<T>(DeviceRow<T, kWidth, F::kInputs, F::kOutputs>(a, row));
}

template <class F, class T>
int run_rows(const MXBlock* block) {
  constexpr int kIn = F::kInputs, kOut = F::kOutputs;
  if (block->num_in != kIn || block->num_out != kOut) return fail("a kernel of rows got a wrong number of arrays");
  const F f = make_functor<F>(LoopArgs{.params = block->params, .mode = block->mode, .extra = block->extra});
  RowArgs<kIn, kOut> a{};
  a.kept = block->ndim - block->reduced, a.size = 1;
  int64_t rows = 1;
  for (int i = 0; i < block->ndim; ++i) {
    if (i < a.kept) a.dims[i] = uint32_t(block->dims[i]), rows *= block->dims[i];
    if (i >= a.kept) a.size *= block->dims[i];
  }
  if (rows == 0) return 0;
  if (rows >= int64_t{1} << 31 || block->reduced > 1)
    return fail("a kernel of rows has 2^31 rows, or rows of two axes");
  a.rows = uint32_t(rows);
  const auto operand = [&](const MXOperand& x, DeviceOperand& to, int64_t& step) {
    to = to_operand(x, block->ndim);
    step = block->reduced ? x.strides[a.kept] : 0;
  };
  for (int k = 0; k < kIn; ++k) operand(block->in[k], a.in[k], a.in_step[k]);
  for (int k = 0; k < kOut; ++k) operand(block->out[k], a.out[k], a.out_step[k]);
  // Threads read side by side where a warp would not, unless there are too few of them.
  constexpr int64_t kEnough = 1 << 13;
  const bool apart = a.in_step[0] > 1;
  if (apart ? rows >= kEnough || a.size <= 8 : a.size <= 4)
    return launch(block, rows_kernel<F, T, 1>, grid_for(rows), kThreads, 0, f, a);
  if (a.size <= 1024 && (rows >= 256 || a.size <= 256))
    return launch(block, rows_kernel<F, T, 32>, grid_for(rows * 32), kThreads, 0, f, a);
  return launch(block, rows_kernel<F, T, kThreads>, unsigned(rows < 65536 ? rows : 65536), kThreads, kThreads / 32 * 16,
                f, a);
}

template <class F>
struct DeviceBlock<Rows<F>> {
  static constexpr int kKind = MX_BLOCK_ROWS;
  template <class T>
  static int run(const MXBlock* block) {
    return run_rows<F, T>(block);
  }
};

}  // namespace mx::MX_ISA
