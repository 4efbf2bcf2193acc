// Chooses how the results between the steps of a plan lie in memory.
#pragma once
#include "executor/work.h"

namespace mx {

// Lets steps that gain by it work channels-last (OpDef::channels_last), and what lies between them follow; puts reorder
// steps at the borders, one for each entry at most. Bound arrays stay plain.
void choose_layouts(std::vector<Work>& work, Entries& entries);

}  // namespace mx
