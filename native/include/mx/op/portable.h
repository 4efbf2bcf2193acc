// Forward functions that run on every device.
#pragma once
#include "mx/opdef.h"

namespace mx {

// Marks a forward function that reaches arrays through the drivers of building blocks alone, never by itself:
//   op.forward(portable(run))
// It runs on every device whose plugin has the blocks' kernels; others are never called with device memory.
ForwardFn portable(ForwardFn fn);
bool is_portable(ForwardFn fn);

}  // namespace mx
