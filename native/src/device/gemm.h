// Matrix products on a device: what gemm() hands over to while an operator runs there.
#pragma once
#include "op/matrix/gemm.h"

namespace mx::device {

void run_gemm(const Gemm& g, const void* a, const void* b, void* c, const void* bias, bool relu = false);

}  // namespace mx::device
