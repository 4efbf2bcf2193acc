// A strict JSON reader for files from strangers: bounded depth, no duplicate keys, errors that name line and column.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mx {

struct JsonValue {
  enum Kind { kNull, kBool, kNumber, kString, kArray, kObject } kind = kNull;
  std::string text;  // of a string; a number or bool as it stands in the file
  std::vector<JsonValue> items;
  std::vector<std::pair<std::string, JsonValue>> fields;
  size_t offset = 0;  // in the text, for messages

  const JsonValue* find(std::string_view key) const;
};

class JsonText {
 public:
  // The text must outlive the object. `source` opens the messages: "Symbol.load_json".
  JsonText(std::string_view text, std::string source) : text_(text), source_(std::move(source)) {}
  JsonValue parse();

  [[noreturn]] void fail(size_t offset, const std::string& what) const;
  // Typed access, with messages.
  const std::string& as_string(const JsonValue& value, std::string_view what) const;
  int as_int(const JsonValue& value, std::string_view what) const;  // 0 ... 2^31 - 1
  const std::vector<JsonValue>& as_array(const JsonValue& value, std::string_view what) const;
  const JsonValue& as_object(const JsonValue& value, std::string_view what) const;

 private:
  JsonValue parse_value(int depth);
  void parse_object(JsonValue& value, int depth);
  std::string parse_string();
  uint32_t parse_hex4();
  void parse_number(JsonValue& value);
  void skip_space();
  bool accept(char c);
  void expect(char c, const char* what);

  std::string_view text_;
  std::string source_;
  size_t at_ = 0;
};

}  // namespace mx
