// Updates of weights on a device: the elementwise block with several outputs.
#pragma once
#include <new>

#include "mx/cuda/elementwise.h"

namespace mx::MX_ISA {

template <class Rule, bool kMaster>
struct UpdateFunctor {
  static constexpr int kOutputs = 1 + Rule::kStates + kMaster, kGroup = 1 + kOutputs,
                       kInputs = kGroup + singles_of<Rule>;
  typename Rule::Params params;

  explicit UpdateFunctor(const LoopArgs& args) : params(*static_cast<const typename Rule::Params*>(args.params)) {}
  template <class T>
  MX_XPU void operator()(const T (&in)[kInputs], T (&out)[kOutputs]) const {
    run(in, out, std::make_integer_sequence<int, Rule::kStates>(), std::make_integer_sequence<int, singles_of<Rule>>());
  }

 private:
  template <class T, int... K, int... J>
  MX_XPU void run(const T (&in)[kInputs], T (&out)[kOutputs], std::integer_sequence<int, K...>,
                  std::integer_sequence<int, J...>) const {
    const typename Rule::template Step<T> step(params, in[kGroup + J]...);
    T weight = in[kMaster ? kGroup - 1 : 0], state[sizeof...(K) + 1] = {in[2 + K]...};
    step(weight, in[1], state[K]...);
    ((out[1 + K] = state[K]), ...);
    out[0] = weight;
    if constexpr (kMaster) out[kOutputs - 1] = weight;
  }
};

// Many weights in one launch. A block of threads works on a piece of one weight.
inline constexpr uint32_t kUpdatePiece = 2048;

template <class F>
struct UpdateCall {
  F f;
  int64_t n;
  uint32_t first;  // of its pieces
  void* in[F::kInputs];
  void* out[F::kOutputs];
};
template <class F>
struct UpdateCalls {
  static constexpr int kMost = (4000 - 64) / sizeof(UpdateCall<F>);  // arguments of a kernel have 4096 bytes
  int32_t count;
  DType in[F::kInputs], out[F::kOutputs];
  UpdateCall<F> calls[kMost];
};

template <class F, class T>
__global__ void __launch_bounds__(kThreads) update_many_kernel(UpdateCalls<F> a) {
  int which = 0;
  while (which + 1 < a.count && a.calls[which + 1].first <= blockIdx.x) ++which;
  const UpdateCall<F>& call = a.calls[which];
  const int64_t begin = int64_t(blockIdx.x - call.first) * kUpdatePiece,
                end = begin + kUpdatePiece < call.n ? begin + kUpdatePiece : call.n;
  for (int64_t i = begin + threadIdx.x; i < end; i += kThreads) {
    T x[F::kInputs], y[F::kOutputs];
#pragma unroll
    for (int k = 0; k < F::kInputs; ++k) x[k] = load<T>(call.in[k], a.in[k], i);
    call.f(x, y);
#pragma unroll
    for (int k = 0; k < F::kOutputs; ++k) store<T>(call.out[k], a.out[k], i, y[k]);
  }
}

template <class F, class T>
int run_update_many(const MXBlock* block) {
  constexpr int kIn = F::kInputs, kOut = F::kOutputs;
  const int count = block->num_out / kOut;
  if (block->num_in != count * kIn || block->num_out != count * kOut)
    return fail("an update of many weights got a wrong number of arrays");
  for (int done = 0; done < count;) {
    // Bytes, because a functor need not have a constructor without arguments.
    alignas(UpdateCalls<F>) unsigned char memory[sizeof(UpdateCalls<F>)] = {};
    auto& a = *reinterpret_cast<UpdateCalls<F>*>(memory);
    uint32_t pieces = 0;
    for (int k = 0; k < kIn; ++k) a.in[k] = static_cast<DType>(block->in[done * kIn + k].dtype);
    for (int k = 0; k < kOut; ++k) a.out[k] = static_cast<DType>(block->out[done * kOut + k].dtype);
    for (; done < count && a.count < UpdateCalls<F>::kMost; ++done) {
      UpdateCall<F>& call = a.calls[a.count++];
      new (&call.f) F(LoopArgs{.params = reinterpret_cast<const void*>(block->extra[done])});
      call.n = block->dims[done], call.first = pieces;
      for (int k = 0; k < kIn; ++k) call.in[k] = block->in[done * kIn + k].data;
      for (int k = 0; k < kOut; ++k) call.out[k] = block->out[done * kOut + k].data;
      pieces += uint32_t((call.n + kUpdatePiece - 1) / kUpdatePiece);
    }
    const int failed = launch(block, update_many_kernel<F, T>, pieces, kThreads, 0, a);
    if (failed) return failed;
  }
  return 0;
}

template <class Rule, bool kMaster>
struct DeviceBlock<Update<Rule, kMaster>> : DeviceBlock<Elementwise<UpdateFunctor<Rule, kMaster>>> {
  static constexpr bool kMany = true;
  template <class T>
  static int run_many(const MXBlock* block) {
    return run_update_many<UpdateFunctor<Rule, kMaster>, T>(block);
  }
};

}  // namespace mx::MX_ISA
