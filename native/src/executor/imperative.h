// Running operators at once.
#pragma once
#include <span>
#include <vector>

#include "graph/builder.h"
#include "ndarray/ndarray.h"

namespace mx {

// Runs the operator, and records it where the thread records. `outputs` holds the visible outputs, or all of them: null
// ones are made, others are written and must have the right shape and dtype. `shared` is `params` as Params where the
// caller has them; null: a copy is made when the call is recorded.
void invoke(const OpDef& op, const void* params, const Params* shared, std::span<NDArray* const> inputs,
            std::span<NDArrayRef> outputs);

// Runs what gradients and composite operators are made of; all outputs come back.
class EagerBuilder final : public Builder {
 public:
  std::vector<Value> invoke(const OpDef& op, std::span<const Value> inputs, Params params) override;
};

}  // namespace mx
