// Gradients of "_backward_..." operators.
#pragma once
#include "mx/op/elementwise.h"

#if defined(MX_PASS_HOST)
namespace mx {

// Of one that multiplies its first input, the head, by a factor that does not change with the others except in steps.
inline void gradient_in_steps(GradientContext& g) {
  std::vector<Value> inputs = {g.head()};
  for (size_t i = 1; i < g.num_inputs(); ++i) {
    inputs.push_back(g.input(i));
    if (g.wants(i)) g.set(i, g.zeros_like(g.input(i)));
  }
  g.set(0, g.builder().call_all(g.op().name.c_str(), inputs, g.params()).at(0));
}

}  // namespace mx
#endif
