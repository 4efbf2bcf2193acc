// Errors: every failure is an mx::Error, whose kind becomes the Python exception class.
#pragma once
#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>

namespace mx {

// The values are the non-zero statuses of the C API (see MXStatus in c_api.h).
enum class ErrorKind : int32_t { kInternal = 1, kValue, kType, kIndex, kMemory, kUnsupported, kFile, kInterrupted };

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

// Anything with operator<< becomes text: str("got ", shape, " of ", dtype).
template <class... Parts>
std::string str(const Parts&... parts) {
  std::ostringstream stream;
  (stream << ... << parts);
  return stream.str();
}

template <class... Parts>
[[noreturn]] void raise(ErrorKind kind, const Parts&... parts) {
  throw Error(kind, str(parts...));
}

}  // namespace mx

// MX_CHECK(n >= 0, kValue, "[slice] n is ", n, ", but it must not be negative")
#define MX_CHECK(condition, kind, ...)                 \
  do {                                                 \
    if (!(condition)) [[unlikely]]                     \
      ::mx::raise(::mx::ErrorKind::kind, __VA_ARGS__); \
  } while (false)
