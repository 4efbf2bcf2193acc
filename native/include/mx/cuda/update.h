// Updates of weights on a device: the elementwise block with several outputs.
#pragma once
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

template <class Rule, bool kMaster>
struct DeviceBlock<Update<Rule, kMaster>> : DeviceBlock<Elementwise<UpdateFunctor<Rule, kMaster>>> {};

}  // namespace mx::MX_ISA
