// Composite operators as graphs of others.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "graph/node.h"
#include "mx/opdef.h"

namespace mx {

inline bool is_composite(const OpDef& op) { return op.compose_fn && !op.forward_fn; }

// An expression as a graph of its own, over variables that are made up for its inputs.
struct Composed {
  std::vector<Entry> inputs, outputs;
  std::vector<Ref<Node>> nodes;  // in the order of making
};
Composed composed(ComposeFn expression, const void* params, size_t count, const std::string& prefix = "");

// Inference on the expansion: what infer_shapes and infer_dtypes do for a composite operator.
void infer_composite_shapes(const OpDef& op, const void* params, std::span<Shape> in, std::span<Shape> out);
void infer_composite_dtypes(const OpDef& op, const void* params, std::span<DType> in, std::span<DType> out);

// A copy of the graph in which every composite node is replaced by its expansion. The nodes that compute the outputs of
// a composite node bear its name. Variables are shared with the original, not copied.
std::vector<Entry> expand_composites(std::span<const Entry> heads);

}  // namespace mx
