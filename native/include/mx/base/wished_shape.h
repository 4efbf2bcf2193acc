// What the shapes mean that users write into parameters and variables.
#pragma once
#include "mx/base/shape.h"

namespace mx {

// Whether this thread takes them as NumPy does: () is a single number, 0 a length, and -1 unknown. Otherwise () and 0
// are what is unknown.
bool numpy_shapes();
bool set_numpy_shapes(bool active);  // returns what was so before

// A shape that a user wrote, with unknown lengths as -1.
Shape wished_shape(Shape shape);

}  // namespace mx
