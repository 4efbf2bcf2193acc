// Running operators at once.
#pragma once
#include <span>
#include <vector>

#include "graph/builder.h"
#include "graph/gradient.h"
#include "ndarray/ndarray.h"

namespace mx {

// Runs the operator, and records it where the thread records. `outputs` holds the visible outputs, or all of them: null
// ones are made, others are written and must have the right shape and dtype. `shared` is `params` as Params where the
// caller has them; null: a copy is made when the call is recorded.
void invoke(const OpDef& op, const void* params, const Params* shared, std::span<NDArray* const> inputs,
            std::span<NDArrayRef> outputs, const std::vector<bool>* wanted = nullptr);

// Runs what gradients and composite operators are made of; all outputs come back.
class EagerBuilder final : public Builder {
 public:
  std::vector<Value> invoke(const OpDef& op, std::span<const Value> inputs, Params params) override;
  // Before the gradient of a node: output i of "_backward_X" is the gradient of input i of X, and not always wanted.
  void set_wanted(const NodeGradient& context);

 private:
  const OpDef* differentiated_ = nullptr;
  std::vector<bool> wanted_;  // by input of `differentiated_`
};

}  // namespace mx
