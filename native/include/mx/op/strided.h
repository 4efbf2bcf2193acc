// Copies between arrays that are walked with strides: transpose, slice, tile, concat ... are such copies. Host code
// only.
#pragma once
#include "mx/opdef.h"

namespace mx {

// out[o] = in[i] where both offsets advance by their own strides (in elements, any sign, 0 to repeat) along each axis.
struct StridedCopy {
  int ndim = 0;
  int64_t dims[kMaxNdim], in[kMaxNdim], out[kMaxNdim];

  void axis(int64_t dim, int64_t in_stride, int64_t out_stride) {
    MX_CHECK(ndim < kMaxNdim, kValue, "[StridedCopy] more than ", kMaxNdim, " axes");
    dims[ndim] = dim, in[ndim] = in_stride, out[ndim++] = out_stride;
  }
  int64_t size() const {
    int64_t n = 1;
    for (int axis = 0; axis < ndim; ++axis) n *= dims[axis];
    return n;
  }
  // The pointers are those of the first element; `element` is 1, 2, 4 or 8 bytes.
  void run(const void* from, void* to, size_t element) const;
};

// The strides of a C-ordered array.
Shape strides_of(const Shape& shape);
inline char* element_at(const Tensor& t, int64_t offset) {
  return t.as<char>() + offset * static_cast<int64_t>(size_of(t.dtype));
}

// In parallel.
void copy_bytes(const void* from, void* to, int64_t bytes);
// The same elements in the same order; nothing where out is in.
void copy_flat(const Tensor& in, const Tensor& out);
void fill_zeros(const Tensor& out);
// Host memory, with one value of its dtype.
void fill_bytes(const Tensor& out, const void* value);
// A forward function that is copy_flat of the first input.
void forward_copy(const OpContext& ctx);

}  // namespace mx
