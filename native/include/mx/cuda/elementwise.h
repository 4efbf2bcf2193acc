// The elementwise block on a device. Two kinds of kernel per functor and lane type: a flat one for arrays without gaps
// that all have one dtype (16 bytes per load and store), and one for everything else. float16 and bfloat16 are
// converted in registers.
//
// A functor is called as f(a, b, ...) and makes one output or, with kOutputs, as f(in, out) on small arrays.
#pragma once
#include "mx/cuda/element.h"
#include "mx/cuda/register.h"

namespace mx::MX_ISA {

template <class F, class T>
constexpr int inputs_of() {
  if constexpr (requires { F::kOutputs; })
    return F::kInputs;
  else if constexpr (requires(const F& f, T x) { f(x); })
    return 1;
  else if constexpr (requires(const F& f, T x) { f(x, x); })
    return 2;
  else if constexpr (requires(const F& f, T x) { f(x, x, x); })
    return 3;
  else
    return 4;
}
template <class F>
constexpr int outputs_of() {
  if constexpr (requires { F::kOutputs; })
    return F::kOutputs;
  else
    return 1;
}

template <class F, class T, int kIn, int kOut>
__device__ __forceinline__ void apply(const F& f, const T (&x)[kIn], T (&y)[kOut]) {
  if constexpr (requires { F::kOutputs; })
    f(x, y);
  else if constexpr (kIn == 1)
    y[0] = f(x[0]);
  else if constexpr (kIn == 2)
    y[0] = f(x[0], x[1]);
  else if constexpr (kIn == 3)
    y[0] = f(x[0], x[1], x[2]);
  else
    y[0] = f(x[0], x[1], x[2], x[3]);
}

template <int kIn, int kOut>
struct ElementwiseArgs {
  int64_t n;
  uint32_t single;  // bit i: input i has one value
  int32_t ndim;
  uint32_t dims[kMaxAxes];
  DeviceOperand in[kIn], out[kOut];
};

template <class S, int kWidth>
struct alignas(sizeof(S) * kWidth) Pack {
  S v[kWidth];
};

// 16 bytes, or as many elements as a functor of much code says that registers suffice for.
template <class F, class S>
__device__ constexpr int pack_width() {
  if constexpr (requires { F::kMostAtOnce; })
    return F::kMostAtOnce < 16 / int(sizeof(S)) ? F::kMostAtOnce : 16 / int(sizeof(S));
  else
    return 16 / int(sizeof(S));
}

// Arrays of dtype S.
template <class F, class T, class S, int kIn, int kOut>
__global__ void __launch_bounds__(kThreads) elementwise_flat(F f, ElementwiseArgs<kIn, kOut> a) {
  constexpr int kWidth = pack_width<F, S>();
  using P = Pack<S, kWidth>;
  const int64_t step = int64_t(gridDim.x) * blockDim.x, first = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  T x[kIn] = {}, y[kOut];
  P p[kIn] = {}, q[kOut];
#pragma unroll
  for (int k = 0; k < kIn; ++k)
    if (a.single >> k & 1) x[k] = load<T>(a.in[k], 0);
  const int64_t packs = a.n / kWidth;
  for (int64_t i = first; i < packs; i += step) {
#pragma unroll
    for (int k = 0; k < kIn; ++k)
      if (!(a.single >> k & 1)) p[k] = reinterpret_cast<const P*>(a.in[k].data)[i];
#pragma unroll
    for (int w = 0; w < kWidth; ++w) {
#pragma unroll
      for (int k = 0; k < kIn; ++k)
        if (!(a.single >> k & 1)) x[k] = element_as<T>(p[k].v[w]);
      apply(f, x, y);
#pragma unroll
      for (int k = 0; k < kOut; ++k) q[k].v[w] = element_as<S>(y[k]);
    }
#pragma unroll
    for (int k = 0; k < kOut; ++k) reinterpret_cast<P*>(a.out[k].data)[i] = q[k];
  }
  for (int64_t i = packs * kWidth + first; i < a.n; i += step) {
#pragma unroll
    for (int k = 0; k < kIn; ++k)
      if (!(a.single >> k & 1)) x[k] = element_as<T>(reinterpret_cast<const S*>(a.in[k].data)[i]);
    apply(f, x, y);
#pragma unroll
    for (int k = 0; k < kOut; ++k) reinterpret_cast<S*>(a.out[k].data)[i] = element_as<S>(y[k]);
  }
}

// So many elements and more are cut into several launches, because indices are divided in 32 bits.
#if defined(CUDA_EMULATION)
inline constexpr int64_t kMostStrided = 500;  // small arrays show it
#else
inline constexpr int64_t kMostStrided = int64_t{1} << 31;
#endif

// Any dtypes and strides.
template <class F, class T, int kIn, int kOut>
__global__ void __launch_bounds__(kThreads) elementwise_strided(F f, ElementwiseArgs<kIn, kOut> a) {
  const uint32_t n = uint32_t(a.n), step = gridDim.x * blockDim.x;
  for (uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += step) {
    int64_t from[kIn], to[kOut];
#pragma unroll
    for (int k = 0; k < kIn; ++k) from[k] = 0;
#pragma unroll
    for (int k = 0; k < kOut; ++k) to[k] = 0;
    uint32_t rest = i;
#pragma unroll 1
    for (int axis = a.ndim - 1; axis >= 0; --axis) {
      const uint32_t above = axis ? rest / a.dims[axis] : 0, here = rest - above * a.dims[axis];
#pragma unroll
      for (int k = 0; k < kIn; ++k) from[k] += here * a.in[k].strides[axis];
#pragma unroll
      for (int k = 0; k < kOut; ++k) to[k] += here * a.out[k].strides[axis];
      rest = above;
    }
    T x[kIn], y[kOut];
#pragma unroll
    for (int k = 0; k < kIn; ++k) x[k] = load<T>(a.in[k], from[k]);
    apply(f, x, y);
#pragma unroll
    for (int k = 0; k < kOut; ++k) store<T>(a.out[k].data, a.out[k].dtype, to[k], y[k]);
  }
}

template <class F, class T, class S, int kIn, int kOut>
int launch_flat(const MXBlock* block, const F& f, const ElementwiseArgs<kIn, kOut>& a) {
  return launch(block, elementwise_flat<F, T, S, kIn, kOut>, grid_for(a.n / (16 / int64_t(sizeof(S))) + 1), kThreads, 0,
                f, a);
}

// The outermost axis is cut in halves until 32 bits suffice, then the one within.
template <class F, class T, int kIn, int kOut>
int launch_strided(const MXBlock* block, const F& f, ElementwiseArgs<kIn, kOut> a, const int64_t* dims, int64_t first) {
  if (a.n < kMostStrided) {
    for (int i = 0; i < a.ndim; ++i) a.dims[i] = uint32_t(i ? dims[i] : first);
    return launch(block, elementwise_strided<F, T, kIn, kOut>, grid_for(a.n), kThreads, 0, f, a);
  }
  if (first == 1) {
    --a.ndim;
    const auto drop = [&a](DeviceOperand& x) {
      for (int i = 0; i < a.ndim; ++i) x.strides[i] = x.strides[i + 1];
    };
    for (DeviceOperand& x : a.in) drop(x);
    for (DeviceOperand& x : a.out) drop(x);
    return launch_strided<F, T>(block, f, a, dims + 1, dims[1]);
  }
  const int64_t row = a.n / first, half = first / 2;
  ElementwiseArgs<kIn, kOut> b = a;
  a.n = row * half, b.n = row * (first - half);
  const auto skip = [half](DeviceOperand& x) {
    const int64_t size = int64_t(size_of(x.dtype));
    if (x.data) x.data += half * x.strides[0] * size;
  };
  for (DeviceOperand& x : b.in) skip(x);
  for (DeviceOperand& x : b.out) skip(x);
  const int failed = launch_strided<F, T>(block, f, a, dims, half);
  return failed ? failed : launch_strided<F, T>(block, f, b, dims, first - half);
}

// What the launch needs to know of the operands.
template <int kIn, int kOut>
bool same_dtype(const ElementwiseArgs<kIn, kOut>& a) {
  const DType dtype = a.out[0].dtype;
  for (int k = 0; k < kIn; ++k)
    if (!(a.single >> k & 1) && a.in[k].dtype != dtype) return false;
  for (const DeviceOperand& x : a.out)
    if (x.dtype != dtype) return false;
  return true;
}
template <int kIn, int kOut>
bool is_flat(const ElementwiseArgs<kIn, kOut>& a) {
  uintptr_t addresses = 0;
  for (const DeviceOperand& x : a.out) {
    if (a.ndim > 1 || (a.ndim == 1 && x.strides[0] != 1)) return false;
    addresses |= reinterpret_cast<uintptr_t>(x.data);
  }
  for (int k = 0; k < kIn; ++k) {
    if (a.single >> k & 1) continue;
    if (a.in[k].strides[0] != 1) return false;
    addresses |= reinterpret_cast<uintptr_t>(a.in[k].data);
  }
  return addresses % 16 == 0;
}

template <class F, class T>
int run_elementwise(const MXBlock* block) {
  constexpr int kIn = inputs_of<F, T>(), kOut = outputs_of<F>();
  if (block->num_in != kIn || block->num_out != kOut) return fail("an elementwise kernel got a wrong number of arrays");
  const F f = make_functor<F>(LoopArgs{.params = block->params, .mode = block->mode, .extra = block->extra});
  ElementwiseArgs<kIn, kOut> a{};
  a.n = 1, a.ndim = block->ndim;
  for (int i = 0; i < block->ndim; ++i) a.n *= block->dims[i];
  if (a.n == 0) return 0;
  for (int k = 0; k < kIn; ++k) {
    a.in[k] = to_operand(block->in[k], block->ndim);
    bool single = true;
    for (int i = 0; i < block->ndim; ++i) single = single && a.in[k].strides[i] == 0;
    if (single) a.single |= 1u << k;
  }
  for (int k = 0; k < kOut; ++k) a.out[k] = to_operand(block->out[k], block->ndim);
  if (same_dtype(a) && is_flat(a)) {
    if (a.out[0].dtype == dtype_of<T>) return launch_flat<F, T, T>(block, f, a);
    if constexpr (__is_same(T, float)) {
      if (a.out[0].dtype == DType::kFloat16) return launch_flat<F, T, float16>(block, f, a);
      if (a.out[0].dtype == DType::kBfloat16) return launch_flat<F, T, bfloat16>(block, f, a);
    }
  }
  return launch_strided<F, T>(block, f, a, block->dims, block->ndim ? block->dims[0] : 1);
}

template <class F>
struct DeviceBlock<Elementwise<F>> {
  static constexpr int kKind = MX_BLOCK_ELEMENTWISE;
  template <class T>
  static int run(const MXBlock* block) {
    return run_elementwise<F, T>(block);
  }
};

}  // namespace mx::MX_ISA
