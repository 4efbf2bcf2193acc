// Gradients of "_backward_..." operators that an expression says instead of a kernel.
#pragma once
#include "mx/attrs.h"
#include "mx/opdef.h"

namespace mx {

// For "_backward_X", which takes the head of X, the inputs of X and what X saved, and gives the gradients of the
// inputs. `expression` computes X from its first `count` inputs, in operators whose gradients have gradients.
void second_gradient(GradientContext& g, size_t count, ComposeFn expression);

// An operator with parameters as text, for such expressions.
Value call_with(ComposeContext& c, const char* op, std::initializer_list<Value> inputs, const AttrMap& params);

// Applies `op` to x and to a vector that lies along an axis of it.
Value along_axis(ComposeContext& c, const char* op, const Value& x, const Value& vector, int axis);

// x moved and scaled to mean 0 and variance 1 over the axes that `axes` says, in the words of `mean`.
Value normalized(ComposeContext& c, const Value& x, AttrMap axes, double eps);

}  // namespace mx
