// Runs an elementwise kernel over whole arrays of one size.
#pragma once
#include <initializer_list>

#include "mx/op/kernel.h"

namespace mx {

// The arrays need equal sizes, not equal shapes. The inputs and the output may be of half types; integers raise kType.
void map_floats(const OpContext& context, const char* kernel, std::initializer_list<Tensor> inputs,
                const Tensor& output, const void* params = nullptr);

}  // namespace mx
