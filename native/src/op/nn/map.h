// Runs a loop of this family, written for float32 and float64, over whole arrays of one shape.
#pragma once
#include <initializer_list>

#include "mx/loop.h"
#include "op/nn/floats.h"

namespace mx {

// The inputs and the output may be of half types; integers raise kType.
void map_floats(const OpContext& context, const char* loop, std::initializer_list<Tensor> inputs, const Tensor& output,
                const LoopArgs& args = {});

}  // namespace mx
