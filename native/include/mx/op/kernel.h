// How drivers find the loops of a kernel, and bring arrays of any dtype to them.
#pragma once
#include "mx/loop.h"
#include "mx/opdef.h"

namespace mx {

inline constexpr int64_t kLaneBlock = 1024;  // elements that are converted at a time
inline constexpr int64_t kGrain = 16384;     // elements of cheap work per parallel chunk

// The loops that MX_KERNELS registered under one name, for this machine's instruction set.
class Kernel {
 public:
  explicit Kernel(const char* name);
  const char* name() const { return name_; }
  // The dtype in which arrays of `dtype` are computed; raises kType when there is none.
  DType lane(DType dtype) const {
    const DType found = lanes_[static_cast<int>(dtype)];
    MX_CHECK(found != DType::kUnknown, kType, "[", name_, "] is not defined for ", dtype,
             "; convert the array first (Cast)");
    return found;
  }
  Loop loop(DType lane) const { return loops_[static_cast<int>(lane)]; }

 private:
  const char* name_;
  Loop loops_[kDTypeSlots] = {};
  DType lanes_[kDTypeSlots];
};

// Looked up once per name; lives for ever.
const Kernel& get_kernel(const char* name);

// to[i] = from[i] for n elements, as C++ converts numbers (bool: is it non-zero); half types round to nearest even. The
// loop may work in place only where both dtypes are of one size.
Loop conversion(DType from, DType to);
void convert(const void* from, DType from_dtype, void* to, DType to_dtype, int64_t n);

}  // namespace mx
