// Walks with strides, for drivers of copies.
#pragma once
#include "mx/op/strided.h"

namespace mx {

// Walks over the axes of a copy, the last of them fastest, except those that are worked on together.
class Walk {
 public:
  Walk(const StridedCopy& c, int64_t begin, int skipped = -1) : copy_(c) {
    for (int axis = c.ndim - 2; axis >= 0; --axis) {
      if (axis == skipped) continue;
      axes_[count_] = axis;
      index_[count_] = begin % c.dims[axis];
      begin /= c.dims[axis];
      in += index_[count_] * c.in[axis];
      out += index_[count_++] * c.out[axis];
    }
  }
  void next() {
    for (int i = 0; i < count_; ++i) {
      const int axis = axes_[i];
      const bool wraps = ++index_[i] == copy_.dims[axis];
      const int64_t steps = wraps ? 1 - copy_.dims[axis] : 1;
      in += steps * copy_.in[axis], out += steps * copy_.out[axis];
      if (!wraps) return;
      index_[i] = 0;
    }
  }
  int64_t in = 0, out = 0;  // where the walk is

 private:
  const StridedCopy& copy_;
  int count_ = 0, axes_[kMaxNdim];
  int64_t index_[kMaxNdim];
};

}  // namespace mx
