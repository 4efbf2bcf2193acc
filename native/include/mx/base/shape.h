// The extent of an array, wholly or partly known. A plain value: no allocation, trivially copyable.
#pragma once
#include <cstdint>
#include <initializer_list>

#include "mx/base/dtype.h"

namespace mx {

inline constexpr int kMaxNdim = 12;
#if !defined(MX_SHAPE_FROM)  // nvcc refuses to look for a constructor of a class that is being defined
#define MX_SHAPE_FROM Shape
#endif
struct Shape {             // (1.9.1 writes 0 and () for unknown; the C API converts where the old meaning is in force.)
  int32_t ndim = -1;       // -1: nothing is known
  int64_t dims[kMaxNdim];  // -1: that one is unknown. Zero is a size like any other.

  Shape() = default;
  Shape(std::initializer_list<int64_t> values) : Shape(values.begin(), values.size()) {}
  template <class Values>  // a vector, an array
    requires requires(const Values& v) { MX_SHAPE_FROM(v.data(), v.size()); }
  explicit Shape(const Values& values) : Shape(values.data(), values.size()) {}
  Shape(const int64_t* values, size_t count);  // raises kValue when there are more than kMaxNdim
  static Shape filled(int ndim, int64_t value);
  static Shape scalar() { return filled(0, 0); }

  MX_INLINE int64_t operator[](int axis) const { return dims[axis]; }
  MX_INLINE int64_t& operator[](int axis) { return dims[axis]; }
  MX_INLINE const int64_t* begin() const { return dims; }
  MX_INLINE const int64_t* end() const { return dims + (ndim < 0 ? 0 : ndim); }
  MX_INLINE int64_t back() const { return dims[ndim - 1]; }
  void push_back(int64_t dim);  // raises kValue beyond kMaxNdim
  Shape slice(int from, int to) const;
  Shape slice(int from) const { return slice(from, ndim); }

  bool rank_known() const { return ndim >= 0; }
  MX_INLINE bool known() const {
    if (ndim < 0) return false;
    for (int i = 0; i < ndim; ++i)
      if (dims[i] < 0) return false;
    return true;
  }
  // Number of elements of a known shape.
  MX_INLINE int64_t size() const { return size(0, ndim); }
  MX_INLINE int64_t size(int from, int to) const {
    int64_t n = 1;
    for (int i = from; i < to; ++i) n *= dims[i];
    return n;
  }
  bool operator==(const Shape& other) const {
    if (ndim != other.ndim) return false;
    for (int i = 0; i < ndim; ++i)
      if (dims[i] != other.dims[i]) return false;
    return true;
  }
};

#if defined(MX_PASS_HOST)
// Raises kMemory when the elements or their bytes don't fit in 63 bits, kValue when a dimension is negative.
int64_t checked_bytes(const Shape& shape, DType dtype);

// Turns axis -n..n-1 into 0..n-1; raises kValue with the operator's name.
int normalize_axis(int64_t axis, int ndim, std::string_view op);

// Fills what `into` leaves open from `from`. False when the two contradict each other.
bool unify(Shape& into, const Shape& from);
#endif

}  // namespace mx
