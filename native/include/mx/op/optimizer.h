// Operators that update weights: one pass over the weight, its gradient and its states, for one weight or, in one
// parallel region, for many. An operator file supplies a rule:
//   struct Rule {
//     using Params = ...;                   // of the operator that updates one weight
//     static constexpr int kStates = 1;     // arrays of the weight's shape, which the operator changes
//     static constexpr int kSingles = 1;    // (optional) inputs of one value for the whole weight, after all others
//     template <class T> struct Step {
//       explicit Step(const Params&, T single...);
//       void operator()(T& weight, T grad, T& state...) const;
//     };
//   };
// and MX_KERNELS(name, Update<Rule>, float, double); for half weights with a float32 copy, the last input,
// MX_KERNELS(mp_name, MasterUpdate<Rule>, float, double).
#pragma once
#include <utility>

#include "mx/op/elementwise.h"

namespace mx::MX_ISA {

// The gradient that most rules work with: rescaled, then limited to +-clip unless that is negative.
template <class T>
MX_XPU T clipped(T grad, T rescale, T clip) {
  const T g = rescale * grad, above = g < -clip ? -clip : g;
  return clip >= T(0) ? (above > clip ? clip : above) : g;
}

template <class Rule>
inline constexpr int singles_of = 0;
template <class Rule>
  requires(Rule::kSingles > 0)
inline constexpr int singles_of<Rule> = Rule::kSingles;

// in: weight, grad, states [, float32 weight], singles; out: weight, states [, float32 weight]
template <class Rule, bool kMaster = false>
struct Update {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const auto from = static_cast<const T* const*>(static_cast<const void*>(in));
    run(make_step(*static_cast<const typename Rule::Params*>(args.params), from + 2 + Rule::kStates + kMaster,
                  std::make_integer_sequence<int, singles_of<Rule>>()),
        static_cast<T* const*>(static_cast<void*>(const_cast<void**>(out))), from, n,
        std::make_integer_sequence<int, Rule::kStates>());
  }

 private:
  template <class T, int... K>
  MX_XPU static typename Rule::template Step<T> make_step(const typename Rule::Params& params,
                                                          [[maybe_unused]] const T* const* singles,
                                                          std::integer_sequence<int, K...>) {
    return typename Rule::template Step<T>(params, *singles[K]...);
  }
  template <class Step, class T, int... K>
  MX_XPU static void run(const Step& step, T* const* out, const T* const* in, int64_t n,
                         std::integer_sequence<int, K...>) {
    constexpr int states = sizeof...(K);
    const T *const weight = in[kMaster ? 2 + states : 0], *const grad = in[1];
    [[maybe_unused]] const T* const from[states + 1] = {in[2 + K]...};
    [[maybe_unused]] T* const to[states + 1] = {out[1 + K]...};
    T *const result = out[0], *const master = out[kMaster ? 1 + states : 0];
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) {
      T w = weight[i], state[states + 1];
      ((state[K] = from[K][i]), ...);
      step(w, grad[i], state[K]...);
      ((to[K][i] = state[K]), ...);
      result[i] = w;
      if constexpr (kMaster) master[i] = w;
    }
  }
};
template <class Rule>
using MasterUpdate = Update<Rule, true>;

}  // namespace mx::MX_ISA

#if defined(MX_PASS_HOST)
namespace mx {

// Registration of the operator of one weight. Inputs after weight and gradient are states, which are changed in place,
// then single values. `master`: the last state is the float32 copy of a half weight, and all of them are float32.
OpDef& update(OpDef& op, std::initializer_list<const char*> states, bool master = false,
              std::initializer_list<const char*> singles = {});
// The forward function of update(), with the parameters that the rule knows: by default the operator's.
void run_update(const OpContext& ctx, const void* params);

// Registration of the operator of many weights, whose inputs are those of one weight again and again. Single values
// come once, at the end: the only one is for all weights, of several each holds one value for every weight. P::kInputs
// counts the inputs of one weight, P::kSingles (if there are any) those at the end; `inputs` names them as
// OpDef::variadic does: "weight_,grad_;lrs,wds". P counts weights in num_weights, which users call `count`; the
// parameters of weight i are P::single(i), of the type that the rule knows.
void describe_multi_update(OpDef& op, const char* kernel, const char* inputs, bool master, const char* count);
void run_updates(const OpContext& ctx, const void* params, size_t stride);

template <class P>
OpDef& multi_update(OpDef& op, const char* kernel, const char* inputs, bool master) {
  describe_multi_update(op, kernel, inputs, master, "num_weights");
  return op.params<P>()
      .num_inputs([](const void* p) {
        const int weights = static_cast<const P*>(p)->num_weights;
        if constexpr (requires { P::kSingles; })
          return P::kInputs * weights + P::kSingles;
        else
          return P::kInputs * weights;
      })
      .num_outputs([](const void* p) { return static_cast<int>(static_cast<const P*>(p)->num_weights); })
      .groups(P::kInputs)
      .portable_forward([](const OpContext& ctx) {
        const P& p = ctx.as<P>();
        p.check(ctx.op.name);
        std::vector<decltype(p.single(0))> params;
        for (size_t i = 0; i < static_cast<size_t>(p.num_weights); ++i) params.push_back(p.single(i));
        run_updates(ctx, params.data(), sizeof params[0]);
      });
}

}  // namespace mx
#endif
#if defined(MX_PASS_CUDA)
#include "mx/cuda/update.h"
#endif
