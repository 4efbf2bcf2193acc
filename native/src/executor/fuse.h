// Joins operators for inference, where nobody needs what lies between them.
#pragma once
#include <vector>

#include "graph/node.h"

namespace mx {

// Rewrites a graph without composite operators and returns its new heads. The nodes are changed in place; the dtypes
// are those of the entries of IndexedGraph(heads). What the heads compute stays the same outside training.
// What joins convolutions is for the CPU alone: other devices have no kernels for it.
std::vector<Entry> fuse(std::span<const Entry> heads, const std::vector<DType>& dtypes, bool on_cpu);

}  // namespace mx
