// The border: C++ exceptions end here.
#pragma once
#include <exception>
#include <new>
#include <string>

#include "mx/base/error.h"
#include "mx/c_api.h"
#include "ndarray/ndarray.h"

namespace mx::c_api {

// Keeps the message for MXGetLastError.
int fail(int status, const char* message) noexcept;

template <class F>
int guard(F&& body) noexcept {
  try {
    body();
    return MX_OK;
  } catch (const Error& e) {
    return fail(static_cast<int>(e.kind()), e.what());
  } catch (const std::bad_alloc&) {
    return fail(MX_ERROR_MEMORY, "[libmx] out of memory");
  } catch (const std::exception& e) {
    return fail(MX_ERROR_INTERNAL, e.what());
  } catch (...) {
    return fail(MX_ERROR_INTERNAL, "[libmx] an unknown failure");
  }
}

inline NDArray& array(MXNDArrayHandle handle) {
  MX_CHECK(handle, kValue, "[libmx] an array handle is NULL");
  return *reinterpret_cast<NDArray*>(handle);
}
// Gives a reference to the caller, who releases it.
inline MXNDArrayHandle give(NDArrayRef array) { return reinterpret_cast<MXNDArrayHandle>(array.detach()); }
inline MXNDArrayHandle borrow(const NDArrayRef& array) { return reinterpret_cast<MXNDArrayHandle>(array.get()); }

inline DType dtype(int flag) {
  MX_CHECK(is_valid_dtype(flag), kType, "[libmx] ", flag, " is no element type");
  return static_cast<DType>(flag);
}
inline Shape shape(const int64_t* dims, int ndim) {
  return ndim < 0 ? Shape() : Shape(dims, static_cast<size_t>(ndim));
}

}  // namespace mx::c_api
