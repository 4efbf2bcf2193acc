#include "mx/base/error.h"

#include <charconv>

#include "mx/base/shape.h"

namespace mx {
namespace {

template <class T>
void append_number(std::string& text, T value) {
  char digits[32];  // the shortest form of any double has at most 24
  text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// (2, 3), (2,), (?, 3), or "unknown".
void append_shape(std::string& text, const Shape& shape) {
  if (!shape.rank_known()) {
    text += "unknown";
    return;
  }
  text += '(';
  for (int i = 0; i < shape.ndim; ++i) {
    if (i) text += ", ";
    if (shape[i] < 0) {
      text += '?';
    } else {
      append_number(text, shape[i]);
    }
  }
  text += shape.ndim == 1 ? ",)" : ")";
}

}  // namespace

void Piece::append_to(std::string& text) const {
  switch (kind_) {
    case Kind::kText:
      text.append(text_, size_);
      break;
    case Kind::kLetter:
      text += letter_;
      break;
    case Kind::kSigned:
      append_number(text, integer_);
      break;
    case Kind::kUnsigned:
      append_number(text, static_cast<uint64_t>(integer_));
      break;
    case Kind::kFloat:
      append_number(text, float_);
      break;
    case Kind::kDouble:
      append_number(text, double_);
      break;
    case Kind::kDType:
      text += name_of(dtype_);
      break;
    case Kind::kShape:
      append_shape(text, *shape_);
  }
}

std::string join(std::initializer_list<Piece> parts) {
  std::string text;
  for (const Piece& part : parts) part.append_to(text);
  return text;
}

void raise_parts(ErrorKind kind, std::initializer_list<Piece> parts) { throw Error(kind, join(parts)); }

}  // namespace mx
