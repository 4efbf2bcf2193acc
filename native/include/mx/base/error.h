// Errors: every failure is an mx::Error, whose kind becomes the Python exception class.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "mx/base/dtype.h"

namespace mx {

struct Shape;

// The values are the non-zero statuses of the C API (see MXStatus in c_api.h).
enum class ErrorKind : int32_t { kInternal = 1, kValue, kType, kIndex, kMemory, kUnsupported, kFile, kInterrupted };

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

// A piece of a message, for the length of one call. One type for all that may stand in messages, and no streams: the
// hundreds of files with messages compile quickly, and a check costs its caller little code.
class Piece {
 public:
  Piece(const char* text) : Piece(std::string_view(text)) {}
  Piece(std::string_view text) : kind_(Kind::kText), size_(text.size()), text_(text.data()) {}
  Piece(const std::string& text) : Piece(std::string_view(text)) {}
  Piece(char letter) : kind_(Kind::kLetter), letter_(letter) {}
  Piece(float value) : kind_(Kind::kFloat), float_(value) {}
  Piece(double value) : kind_(Kind::kDouble), double_(value) {}
  Piece(DType dtype) : kind_(Kind::kDType), dtype_(dtype) {}
  Piece(const Shape& shape) : kind_(Kind::kShape), shape_(&shape) {}
  template <class T>
    requires std::is_integral_v<T>
  Piece(T value)
      : kind_(std::is_signed_v<T> ? Kind::kSigned : Kind::kUnsigned), integer_(static_cast<int64_t>(value)) {}

  void append_to(std::string& text) const;

 private:
  enum class Kind : uint8_t { kText, kLetter, kSigned, kUnsigned, kFloat, kDouble, kDType, kShape } kind_;
  size_t size_ = 0;
  union {
    const char* text_;
    char letter_;
    int64_t integer_;
    float float_;
    double double_;
    DType dtype_;
    const Shape* shape_;
  };
};

std::string join(std::initializer_list<Piece> parts);
[[noreturn]] void raise_parts(ErrorKind kind, std::initializer_list<Piece> parts);

// Text of what a Piece can be made of: str("got ", shape, " of ", dtype). Numbers read back as the same numbers.
template <class... Parts>
std::string str(const Parts&... parts) {
  return join({Piece(parts)...});
}

template <class... Parts>
[[noreturn]] void raise(ErrorKind kind, const Parts&... parts) {
  raise_parts(kind, {Piece(parts)...});
}

}  // namespace mx

// MX_CHECK(n >= 0, kValue, "[slice] n is ", n, ", but it must not be negative")
#define MX_CHECK(condition, kind, ...)                         \
  do {                                                         \
    if (!(condition)) [[unlikely]]                             \
      ::mx::raise_parts(::mx::ErrorKind::kind, {__VA_ARGS__}); \
  } while (false)
