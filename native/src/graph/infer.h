// Shapes and dtypes of a whole graph: what is known spreads both ways until nothing changes.
#pragma once
#include <vector>

#include "graph/node.h"

namespace mx {

// `entries` holds what is known of every entry (by number) and receives what follows from it. A contradiction raises
// kValue (kType for dtypes) with the node, the operator and what is known around it.
void infer_shapes(const IndexedGraph& graph, std::vector<Shape>& entries);
void infer_dtypes(const IndexedGraph& graph, std::vector<DType>& entries);

// What the attributes __shape__ and __dtype__ of a variable say; unknown where they are absent.
Shape declared_shape(const Node& variable);
DType declared_dtype(const Node& variable);

}  // namespace mx
