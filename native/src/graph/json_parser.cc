#include "graph/json_parser.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "mx/base/error.h"

namespace mx {
namespace {

constexpr int kMaxDepth = 64;

void append_utf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

const char* name_of(JsonValue::Kind kind) {
  constexpr const char* names[] = {"null", "a bool", "a number", "a string", "an array", "an object"};
  return names[kind];
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view key) const {
  for (const auto& [name, value] : fields)
    if (name == key) return &value;
  return nullptr;
}

void JsonText::fail(size_t offset, const std::string& what) const {
  const std::string_view before = text_.substr(0, std::min(offset, text_.size()));
  const size_t line = 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
  const size_t newline = before.rfind('\n');
  const size_t column = newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
  raise(ErrorKind::kValue, "[", source_, "] line ", line, ", column ", column, ": ", what);
}

const std::string& JsonText::as_string(const JsonValue& value, std::string_view what) const {
  if (value.kind != JsonValue::kString) fail(value.offset, str(what, " must be a string, not ", name_of(value.kind)));
  return value.text;
}

int JsonText::as_int(const JsonValue& value, std::string_view what) const {
  int number = -1;
  const char* end = value.text.data() + value.text.size();
  const bool whole = value.kind == JsonValue::kNumber &&
                     std::from_chars(value.text.data(), end, number) == std::from_chars_result{end, std::errc()};
  if (!whole || number < 0)
    fail(value.offset, str(what, " must be an integer from 0 to 2147483647, not ",
                           value.kind == JsonValue::kNumber ? value.text : name_of(value.kind)));
  return number;
}

const std::vector<JsonValue>& JsonText::as_array(const JsonValue& value, std::string_view what) const {
  if (value.kind != JsonValue::kArray) fail(value.offset, str(what, " must be an array, not ", name_of(value.kind)));
  return value.items;
}

const JsonValue& JsonText::as_object(const JsonValue& value, std::string_view what) const {
  if (value.kind != JsonValue::kObject) fail(value.offset, str(what, " must be an object, not ", name_of(value.kind)));
  return value;
}

JsonValue JsonText::parse() {
  at_ = 0;
  JsonValue value = parse_value(0);
  skip_space();
  if (at_ != text_.size()) fail(at_, "there is more text after the end of the document");
  return value;
}

JsonValue JsonText::parse_value(int depth) {
  skip_space();
  JsonValue value;
  value.offset = at_;
  if (depth > kMaxDepth) fail(at_, str("nested deeper than ", kMaxDepth, " levels"));
  if (at_ == text_.size()) fail(at_, "the text ends too early");
  const auto word = [&](std::string_view expected, JsonValue::Kind kind) {
    if (text_.substr(at_, expected.size()) != expected) fail(at_, "unknown word");
    at_ += expected.size();
    value.kind = kind, value.text = expected;
  };
  switch (text_[at_]) {
    case '{':
      parse_object(value, depth);
      break;
    case '[':
      ++at_;
      value.kind = JsonValue::kArray;
      if (accept(']')) break;
      do value.items.push_back(parse_value(depth + 1));
      while (accept(','));
      expect(']', "',' or ']'");
      break;
    case '"':
      value.kind = JsonValue::kString;
      value.text = parse_string();
      break;
    case 't':
      word("true", JsonValue::kBool);
      break;
    case 'f':
      word("false", JsonValue::kBool);
      break;
    case 'n':
      word("null", JsonValue::kNull);
      break;
    default:
      parse_number(value);
  }
  return value;
}

void JsonText::parse_object(JsonValue& value, int depth) {
  ++at_;
  value.kind = JsonValue::kObject;
  if (accept('}')) return;
  std::unordered_set<std::string> keys;
  do {
    skip_space();
    const size_t start = at_;
    if (at_ == text_.size() || text_[at_] != '"') fail(at_, "expected a key in quotes");
    std::string key = parse_string();
    if (!keys.insert(key).second) fail(start, "the key \"" + key + "\" stands twice");
    expect(':', "':'");
    value.fields.emplace_back(std::move(key), parse_value(depth + 1));
  } while (accept(','));
  expect('}', "',' or '}'");
}

std::string JsonText::parse_string() {
  const size_t start = at_++;
  std::string out;
  while (true) {
    const size_t stop = text_.find_first_of("\"\\", at_);
    if (stop == std::string_view::npos) fail(start, "this string has no end");
    out.append(text_.substr(at_, stop - at_));
    at_ = stop + 1;
    if (text_[stop] == '"') return out;
    if (at_ == text_.size()) fail(start, "this string has no end");
    switch (const char c = text_[at_++]) {
      case '"':
      case '\\':
      case '/':
        out += c;
        break;
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case 'r':
        out += '\r';
        break;
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'u': {
        uint32_t code = parse_hex4();
        if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
          at_ += 2;
          const uint32_t low = parse_hex4();
          if (low < 0xDC00 || low > 0xDFFF) fail(stop, "half of a surrogate pair");
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        } else if (code >= 0xD800 && code < 0xE000) {
          fail(stop, "half of a surrogate pair");
        }
        if (code == 0) fail(stop, "a NUL character, which no name or parameter may have");
        append_utf8(out, code);
        break;
      }
      default:
        fail(stop, "unknown escape in a string");
    }
  }
}

uint32_t JsonText::parse_hex4() {
  uint32_t code = 0;
  const std::string_view digits = text_.substr(at_, 4);
  const char* end = digits.data() + digits.size();
  if (digits.size() < 4 || std::from_chars(digits.data(), end, code, 16).ptr != end)
    fail(at_, "expected four hex digits");
  at_ += 4;
  return code;
}

void JsonText::parse_number(JsonValue& value) {
  const size_t start = at_;
  const auto digits = [&] {
    const size_t from = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    if (at_ == from) fail(start, "expected a value");
  };
  if (text_[at_] == '-') ++at_;
  digits();
  if (at_ < text_.size() && text_[at_] == '.') ++at_, digits();
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    digits();
  }
  value.kind = JsonValue::kNumber;
  value.text = text_.substr(start, at_ - start);
}

void JsonText::skip_space() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
    ++at_;
}

bool JsonText::accept(char c) {
  skip_space();
  if (at_ == text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

void JsonText::expect(char c, const char* what) {
  if (!accept(c)) fail(at_, at_ == text_.size() ? "the text ends too early" : str("expected ", what));
}

}  // namespace mx
