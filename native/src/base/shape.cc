#include "mx/base/shape.h"

#include "mx/base/error.h"

namespace mx {

Shape::Shape(const int64_t* values, size_t count) {
  MX_CHECK(count <= kMaxNdim, kValue, "[shape] ", count, " dimensions are more than the ", kMaxNdim,
           " that an array may have");
  ndim = static_cast<int32_t>(count);
  for (size_t i = 0; i < count; ++i) dims[i] = values[i];
}

Shape Shape::filled(int ndim, int64_t value) {
  MX_CHECK(ndim <= kMaxNdim, kValue, "[shape] ", ndim, " dimensions are more than the ", kMaxNdim,
           " that an array may have");
  Shape shape;
  shape.ndim = ndim;
  for (int i = 0; i < ndim; ++i) shape.dims[i] = value;
  return shape;
}

void Shape::push_back(int64_t dim) {
  MX_CHECK(ndim < kMaxNdim, kValue, "[shape] an array has at most ", kMaxNdim, " dimensions");
  if (ndim < 0) ndim = 0;
  dims[ndim++] = dim;
}

Shape Shape::slice(int from, int to) const {
  Shape part = scalar();
  for (int i = from; i < to; ++i) part.push_back(dims[i]);
  return part;
}

int64_t checked_bytes(const Shape& shape, DType dtype) {
  int64_t bytes = static_cast<int64_t>(size_of(dtype));
  bool empty = false, overflow = false;
  for (int64_t dim : shape) {
    MX_CHECK(dim >= 0, kValue, "[shape] ", shape, " has a dimension that is negative or unknown");
    if (dim == 0) {
      empty = true;
    } else {
      overflow |= __builtin_mul_overflow(bytes, dim, &bytes);
    }
  }
  if (empty) return 0;
  MX_CHECK(!overflow, kMemory, "[shape] an array of shape ", shape, " and dtype ", dtype, " doesn't fit in any memory");
  return bytes;
}

int normalize_axis(int64_t axis, int ndim, std::string_view op) {
  MX_CHECK(axis >= -ndim && axis < ndim, kValue, "[", op, "] axis ", axis, " is out of range for ", ndim,
           " dimensions; use ", -ndim, " to ", ndim - 1);
  return static_cast<int>(axis < 0 ? axis + ndim : axis);
}

bool unify(Shape& into, const Shape& from) {
  if (from.ndim < 0) return true;
  if (into.ndim < 0) {
    into = from;
    return true;
  }
  if (into.ndim != from.ndim) return false;
  for (int i = 0; i < into.ndim; ++i) {
    if (from[i] < 0) continue;
    if (into[i] >= 0 && into[i] != from[i]) return false;
    into[i] = from[i];
  }
  return true;
}

}  // namespace mx
