#include "mx/params.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <new>

#include "mx/attrs.h"

namespace mx {

namespace {

[[noreturn]] void wrong(const Field& field, std::string_view op, std::string_view got, std::string_view expected) {
  raise(ErrorKind::kType, "[", op, "] ", field.name, " must be ", expected, ", got ", got);
}

std::string describe(const MXValue& value) {
  switch (value.kind) {
    case MX_VALUE_NONE:
      return "None";
    case MX_VALUE_BOOL:
      return value.i ? "True" : "False";
    case MX_VALUE_INT:
      return str(value.i);
    case MX_VALUE_FLOAT:
      return str(value.f);
    case MX_VALUE_STRING:
      return str("'", value.s, "'");
    case MX_VALUE_INTS:
    case MX_VALUE_FLOATS: {
      std::string text = "(";
      for (int i = 0; i < value.count; ++i)
        text += (i ? ", " : "") + (value.kind == MX_VALUE_INTS ? str(value.ints[i]) : str(value.floats[i]));
      return text + ")";
    }
  }
  return "nothing";
}

template <class T>
void check_range(T value, const Field& field, std::string_view op) {
  const auto v = static_cast<double>(value);
  if (v >= field.low && v <= field.high) return;
  if (std::isnan(v) && std::isinf(field.low) && std::isinf(field.high)) return;  // without bounds NaN is a number too
  if (std::isinf(field.high))
    raise(ErrorKind::kValue, "[", op, "] ", field.name, " is ", value, ", but must be at least ", field.low);
  raise(ErrorKind::kValue, "[", op, "] ", field.name, " is ", value, ", but must be between ", field.low, " and ",
        field.high);
}

std::string_view strip(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "(1, 2)", "[1,2]", "1": the parts between the commas.
std::vector<std::string_view> split(std::string_view text, const Field& field, std::string_view op) {
  text = strip(text);
  if (!text.empty() && (text.front() == '(' || text.front() == '[')) {
    const char close = text.front() == '(' ? ')' : ']';
    if (text.back() != close || text.size() < 2) wrong(field, op, str("'", text, "'"), "a tuple");
    text = strip(text.substr(1, text.size() - 2));
    if (!text.empty() && text.back() == ',') text = strip(text.substr(0, text.size() - 1));
  }
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    parts.push_back(strip(text.substr(0, comma)));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
    if (strip(text).empty()) wrong(field, op, "an empty element", "a tuple");
  }
  return parts;
}

template <class T>
bool parse_number(std::string_view text, T& to) {
  text = strip(text);
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  if (!text.empty() && text.back() == 'L') text.remove_suffix(1);  // a Python 2 long
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

int64_t parse_int(std::string_view text, const Field& field, std::string_view op) {
  int64_t i;
  if (parse_number(text, i)) return i;
  if (text == "True" || text == "true") return 1;
  if (text == "False" || text == "false") return 0;
  double d;  // "1e3", "2.0"
  if (parse_number(text, d) && std::nearbyint(d) == d && std::abs(d) < 9e18) return static_cast<int64_t>(d);
  wrong(field, op, str("'", text, "'"), "an integer");
}

double parse_float(std::string_view text, const Field& field, std::string_view op) {
  double d;
  if (parse_number(text, d)) return d;
  if (text == "True" || text == "true") return 1;
  if (text == "False" || text == "false") return 0;
  wrong(field, op, str("'", text, "'"), "a number");
}

int64_t value_int(const Field& field, const MXValue& value, std::string_view op) {
  if (value.kind == MX_VALUE_INT || value.kind == MX_VALUE_BOOL) return value.i;
  if (value.kind == MX_VALUE_FLOAT && std::nearbyint(value.f) == value.f && std::abs(value.f) < 9e18)
    return static_cast<int64_t>(value.f);
  if (value.kind == MX_VALUE_STRING) return parse_int(value.s, field, op);
  wrong(field, op, describe(value), "an integer");
}

double value_float(const Field& field, const MXValue& value, std::string_view op) {
  if (value.kind == MX_VALUE_FLOAT) return value.f;
  if (value.kind == MX_VALUE_INT || value.kind == MX_VALUE_BOOL) return static_cast<double>(value.i);
  if (value.kind == MX_VALUE_STRING) return parse_float(value.s, field, op);
  wrong(field, op, describe(value), "a number");
}

int32_t narrow(int64_t value, const Field& field, std::string_view op) {
  MX_CHECK(value >= INT32_MIN && value <= INT32_MAX, kValue, "[", op, "] ", field.name, " is ", value,
           ", which doesn't fit in 32 bits");
  return static_cast<int32_t>(value);
}

// Shortest text that reads back as the same number, the way Python writes it.
template <class T>
std::string format_float(T value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  std::string text(buffer, end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

void assign_field(bool& to, const Field& field, const MXValue& value, std::string_view op) {
  if (value.kind == MX_VALUE_BOOL || value.kind == MX_VALUE_INT) {
    to = value.i != 0;
  } else if (value.kind == MX_VALUE_FLOAT) {
    to = value.f != 0;
  } else if (value.kind == MX_VALUE_STRING) {
    parse_field(to, field, value.s, op);
  } else {
    wrong(field, op, describe(value), "True or False");
  }
}
void parse_field(bool& to, const Field& field, std::string_view text, std::string_view op) {
  text = strip(text);
  int64_t number;
  if (text == "True" || text == "true") {
    to = true;
  } else if (text == "False" || text == "false") {
    to = false;
  } else if (parse_number(text, number)) {
    to = number != 0;
  } else {
    wrong(field, op, str("'", text, "'"), "True or False");
  }
}
std::string format_field(const bool& from) { return from ? "True" : "False"; }

void assign_field(int64_t& to, const Field& field, const MXValue& value, std::string_view op) {
  check_range(to = value_int(field, value, op), field, op);
}
void parse_field(int64_t& to, const Field& field, std::string_view text, std::string_view op) {
  check_range(to = parse_int(strip(text), field, op), field, op);
}
std::string format_field(const int64_t& from) { return str(from); }

void assign_field(int32_t& to, const Field& field, const MXValue& value, std::string_view op) {
  check_range(to = narrow(value_int(field, value, op), field, op), field, op);
}
void parse_field(int32_t& to, const Field& field, std::string_view text, std::string_view op) {
  check_range(to = narrow(parse_int(strip(text), field, op), field, op), field, op);
}
std::string format_field(const int32_t& from) { return str(from); }

void assign_field(double& to, const Field& field, const MXValue& value, std::string_view op) {
  check_range(to = value_float(field, value, op), field, op);
}
void parse_field(double& to, const Field& field, std::string_view text, std::string_view op) {
  check_range(to = parse_float(strip(text), field, op), field, op);
}
std::string format_field(const double& from) { return format_float(from); }

void assign_field(float& to, const Field& field, const MXValue& value, std::string_view op) {
  check_range(to = static_cast<float>(value_float(field, value, op)), field, op);
}
void parse_field(float& to, const Field& field, std::string_view text, std::string_view op) {
  check_range(to = static_cast<float>(parse_float(strip(text), field, op)), field, op);
}
std::string format_field(const float& from) { return format_float(from); }

void assign_field(std::string& to, const Field& field, const MXValue& value, std::string_view op) {
  if (value.kind != MX_VALUE_STRING) wrong(field, op, describe(value), "a string");
  to = value.s;
}
void parse_field(std::string& to, const Field&, std::string_view text, std::string_view) { to = text; }
std::string format_field(const std::string& from) { return from; }

void assign_field(Shape& to, const Field& field, const MXValue& value, std::string_view op) {
  if (value.kind == MX_VALUE_STRING) return parse_field(to, field, value.s, op);
  if (value.kind == MX_VALUE_INT || value.kind == MX_VALUE_BOOL) {
    to = {value.i};
  } else if (value.kind == MX_VALUE_INTS) {
    for (int i = 0; i < value.count; ++i)
      if (value.ints[i] == INT64_MIN) wrong(field, op, "None", "a tuple of integers");
    to = Shape(value.ints, static_cast<size_t>(value.count));
  } else if (value.kind == MX_VALUE_FLOATS && value.count == 0) {
    to = Shape::scalar();
  } else {
    wrong(field, op, describe(value), "a tuple of integers");
  }
}
void parse_field(Shape& to, const Field& field, std::string_view text, std::string_view op) {
  if (strip(text) == "None") return;  // the default: so say symbols that were given None
  to = Shape::scalar();
  for (std::string_view part : split(text, field, op)) to.push_back(parse_int(part, field, op));
}
std::string format_field(const Shape& from) {
  std::string text = "(";
  for (int i = 0; i < from.ndim; ++i) text += (i ? ", " : "") + str(from[i]);
  return text + (from.ndim == 1 ? ",)" : ")");
}

void assign_field(DType& to, const Field& field, const MXValue& value, std::string_view op) {
  if (value.kind == MX_VALUE_STRING) return parse_field(to, field, value.s, op);
  const int64_t flag = value_int(field, value, op);
  MX_CHECK(flag == -1 || is_valid_dtype(static_cast<int32_t>(flag)), kType, "[", op, "] ", field.name, " ", flag,
           " is no element type");
  to = static_cast<DType>(flag);
}
void parse_field(DType& to, const Field&, std::string_view text, std::string_view) {
  int32_t flag;
  if (parse_number(text, flag) && (flag == -1 || is_valid_dtype(flag))) {
    to = static_cast<DType>(flag);
  } else {
    to = parse_dtype(strip(text));
  }
}
std::string format_field(const DType& from) { return name_of(from); }

void assign_field(std::vector<double>& to, const Field& field, const MXValue& value, std::string_view op) {
  to.clear();
  if (value.kind == MX_VALUE_STRING) return parse_field(to, field, value.s, op);
  if (value.kind == MX_VALUE_FLOATS) {
    to.assign(value.floats, value.floats + value.count);
  } else if (value.kind == MX_VALUE_INTS) {
    to.assign(value.ints, value.ints + value.count);
  } else if (value.kind == MX_VALUE_FLOAT || value.kind == MX_VALUE_INT) {
    to.push_back(value_float(field, value, op));
  } else {
    wrong(field, op, describe(value), "a tuple of numbers");
  }
}
void parse_field(std::vector<double>& to, const Field& field, std::string_view text, std::string_view op) {
  to.clear();
  for (std::string_view part : split(text, field, op)) to.push_back(parse_float(part, field, op));
}
std::string format_field(const std::vector<double>& from) {
  std::string text = "(";
  for (size_t i = 0; i < from.size(); ++i) text += (i ? ", " : "") + format_float(from[i]);
  return text + (from.size() == 1 ? ",)" : ")");
}

void assign_field(OptionalInts& to, const Field& field, const MXValue& value, std::string_view op) {
  to.clear();
  if (value.kind == MX_VALUE_STRING) return parse_field(to, field, value.s, op);
  if (value.kind == MX_VALUE_INTS) {
    for (int i = 0; i < value.count; ++i) {
      to.emplace_back();
      if (value.ints[i] != INT64_MIN) to.back() = value.ints[i];
    }
  } else if (value.kind == MX_VALUE_INT) {
    to.emplace_back(value.i);
  } else if (value.kind == MX_VALUE_NONE) {
    to.emplace_back();
  } else if (value.kind != MX_VALUE_FLOATS || value.count) {
    wrong(field, op, describe(value), "a tuple of integers or None");
  }
}
void parse_field(OptionalInts& to, const Field& field, std::string_view text, std::string_view op) {
  to.clear();
  for (std::string_view part : split(text, field, op)) {
    to.emplace_back();
    if (part != "None") to.back() = parse_int(part, field, op);
  }
}
std::string format_field(const OptionalInts& from) {
  std::string text = "(";
  for (size_t i = 0; i < from.size(); ++i) text += (i ? ", " : "") + (from[i] ? str(*from[i]) : "None");
  return text + (from.size() == 1 ? ",)" : ")");
}

void parse_enum(int32_t& to, const Field& field, std::string_view text, std::string_view op) {
  text = strip(text);
  std::string known;
  for (size_t i = 0; i < field.choices.size(); ++i) {
    if (text == field.choices[i]) {
      to = static_cast<int32_t>(i);
      return;
    }
    known += (i ? ", '" : "'") + std::string(field.choices[i]) + "'";
  }
  raise(ErrorKind::kValue, "[", op, "] ", field.name, " is '", text, "', but must be one of ", known);
}

void assign_enum(int32_t& to, const Field& field, const MXValue& value, std::string_view op) {
  if (value.kind == MX_VALUE_STRING) return parse_enum(to, field, value.s, op);
  parse_enum(to, field, describe(value), op);
}

Field& add_field(std::vector<Field>& to, Field field) { return to.emplace_back(std::move(field)); }

const Field* ParamsType::find(std::string_view name) const {
  for (const Field& field : fields)
    if (name == field.name) return &field;
  return nullptr;
}

std::string ParamsType::names() const {
  std::string text;
  for (const Field& field : fields) text += (text.empty() ? "" : ", ") + std::string(field.name);
  return text.empty() ? "none" : text;
}

namespace {
void missing(const Field& field, std::string_view op) {
  raise(ErrorKind::kType, "[", op, "] the parameter ", field.name, " is required");
}

void* field_of(void* base, const Field& field) { return static_cast<char*>(base) + field.offset; }
const void* field_of(const void* base, const Field& field) { return static_cast<const char*>(base) + field.offset; }

void reject_none(const Field& field, std::string_view op) {
  if (!field.nullable) raise(ErrorKind::kType, "[", op, "] ", field.name, " must not be None");
}
}  // namespace

void* Params::Block::operator new(size_t size, const ParamsType& type) { return ::operator new(size + type.size); }
void Params::Block::operator delete(void* block, const ParamsType&) { ::operator delete(block); }
void Params::Block::operator delete(void* block) { ::operator delete(block); }
Params::Block::~Block() {
  if (constructed) type->destroy(data());
}

Params Params::parse(const ParamsType& type, const AttrMap& attrs, std::string_view op) {
  Params params;
  params.block_ = new (type) Block(type);
  void* const data = params.block_->data();
  type.construct(data);
  params.block_->constructed = true;
  for (const auto& [key, text] : attrs) {
    if (key.size() > 4 && key.starts_with("__") && key.ends_with("__")) continue;
    const Field* field = type.find(key);
    MX_CHECK(field, kType, "[", op, "] has no parameter ", key, "; its parameters: ", type.names());
    field->parse(field_of(data, *field), *field, text, op);
  }
  for (const Field& field : type.fields)
    if (field.is_required && !attrs.contains(field.name)) missing(field, op);
  return params;
}

Params Params::copy(const ParamsType& type, const void* values) {
  Params params;
  params.block_ = new (type) Block(type);
  type.copy(params.block_->data(), values);
  params.block_->constructed = true;
  return params;
}

AttrMap Params::format() const {
  AttrMap attrs;
  if (!block_) return attrs;
  for (const Field& field : type()->fields) attrs[field.name] = field.format(field_of(data(), field), field);
  return attrs;
}

StackParams::StackParams(const ParamsType& type, const MXValue* values, size_t count, std::string_view op)
    : type_(type) {
  MX_CHECK(count <= type.fields.size(), kType, "[", op, "] got ", count, " parameters, but has ", type.fields.size(),
           ": ", type.names());
  data_ = type.size <= sizeof inline_ ? inline_ : ::operator new(type.size);
  type.construct(data_);
  try {
    for (size_t i = 0; i < type.fields.size(); ++i) {
      const Field& field = type.fields[i];
      if (i >= count || values[i].kind == MX_VALUE_DEFAULT) {
        if (field.is_required) missing(field, op);
        continue;
      }
      if (values[i].kind == MX_VALUE_NONE) reject_none(field, op);
      field.assign(field_of(data_, field), field, values[i], op);
    }
  } catch (...) {
    this->~StackParams();
    throw;
  }
}

StackParams::~StackParams() {
  type_.destroy(data_);
  if (data_ != inline_) ::operator delete(data_);
}

}  // namespace mx
