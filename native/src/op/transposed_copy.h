// Copies in which rows become columns.
#pragma once
#include "mx/op/strided.h"

namespace mx {
// Does the copy, or answers false where it has no transposition in it. Axes of size 1 or that can be merged are gone.
bool copy_transposed(const StridedCopy& copy, const void* from, void* to, int64_t element);
}  // namespace mx
