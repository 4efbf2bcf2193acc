// Half types in loops that compute in float32: the array itself when it is float32 or float64, else a converted copy.
#pragma once
#include "mx/opdef.h"

namespace mx {

struct Floats {
  char* data = nullptr;           // null when the tensor has none (an output that nobody wants)
  DType dtype = DType::kFloat32;  // or float64
  Tensor half;                    // what finish() writes; no data: nothing to do

  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(data);
  }
  explicit operator bool() const { return data != nullptr; }
  // Rounds an output to its half type.
  void finish() const;
};

// Raise kType for integers, which the operators of this family don't take.
Floats read_floats(const OpContext& context, const Tensor& input);
Floats write_floats(const OpContext& context, const Tensor& output);
// The dtype that loops compute in.
inline DType compute_dtype(DType dtype) { return dtype == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32; }

}  // namespace mx
