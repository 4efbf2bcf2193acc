// What operators share that take only the shape of their second input.
#pragma once
#include "mx/op.h"

namespace mx {

// The dtype of the first input is that of the result; the second input has any, by default the same.
inline void infer_dtype_like(const InferDType& t) {
  t.set_output(0, t.in[0]);
  t.set_input(0, t.out[0]);
  if (t.in[1] == DType::kUnknown) t.set_input(1, t.in[0]);
}

}  // namespace mx
