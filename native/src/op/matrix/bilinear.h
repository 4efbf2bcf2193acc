// Second-order gradients of y = f(a, b), where f is linear in a and in b (dot, FullyConnected, Convolution...).
#pragma once
#include "mx/opdef.h"

namespace mx {

inline Value add_values(GradientContext& g, const Value& a, const Value& b) {
  return !a ? b : !b ? a : g.call("elemwise_add", {a, b});
}

// For the operator backward(dy, a, b) = (da, db [, dbias]) of f. Its own heads are arrays like a, b and bias; the
// adjoint of each output is f or backward again. forward(a, b, bias) computes f; bias may be empty, then f leaves it
// out.
template <class Forward>
void bilinear_second_gradient(GradientContext& g, const char* backward, Forward forward) {
  const Value dy = g.input(0), a = g.input(1), b = g.input(2);
  const Value head_a = g.has_head(0) ? g.head(0) : Value(), head_b = g.has_head(1) ? g.head(1) : Value();
  const Value head_bias = g.num_outputs() > 2 && g.has_head(2) ? g.head(2) : Value();
  if (g.wants(0)) {
    Value sum = head_a ? forward(head_a, b, Value()) : Value();
    if (head_b || head_bias) sum = add_values(g, sum, forward(a, head_b ? head_b : g.zeros_like(b), head_bias));
    if (sum) g.set(0, sum);
  }
  if (g.wants(1) && head_b) g.set(1, g.call_same(backward, {dy, a, head_b}).at(0));
  if (g.wants(2) && head_a) g.set(2, g.call_same(backward, {dy, head_a, b}).at(1));
}

}  // namespace mx
