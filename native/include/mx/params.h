// Typed operator parameters. A plain struct names its fields once; defaults, parsing, ranges, documentation and the
// Python signature all come from that:
//
//   struct DropoutParam {
//     float p = 0.5f;
//     enum Mode : int32_t { kTraining, kAlways } mode = kTraining;
//     static void fields(auto& f) {
//       f.add("p", &DropoutParam::p, "Fraction of the elements that is dropped.").range(0, 1);
//       f.add("mode", &DropoutParam::mode, "When to drop.").names({"training", "always"});
//     }
//   };
//
// Field types: bool, int32_t, int64_t, float, double, std::string, Shape, DType, an enum of int32_t,
// std::vector<double>, OptionalInts, and std::optional of any of them (which accepts None).
//
// Every operator file is compiled several times and includes this: what is parsed here is paid a thousand times.
#pragma once
#include <optional>

#include "mx/base/dtype.h"
#include "mx/base/shape.h"

namespace mx {

struct NoParam {
  static void fields(auto&) {}
};

}  // namespace mx

#if defined(MX_PASS_HOST)
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "mx/base/error.h"
#include "mx/base/ref.h"
#include "mx/c_api.h"

namespace mx {

using OptionalInts = std::vector<std::optional<int64_t>>;  // (None, 3): the bounds of a slice
struct AttrMap;                                            // see attrs.h

struct Field {
  const char* name;
  const char* doc;
  const char* type;  // bool, int, float, str, shape, dtype, enum, floats, optional-ints
  bool nullable = false;
  bool is_required = false;
  double low = -std::numeric_limits<double>::infinity(), high = -low;
  std::vector<const char*> choices;  // of an enum
  size_t offset = 0;
  // One pair per C++ type; `target` is the field inside the struct.
  void (*assign)(void* target, const Field&, const MXValue&, std::string_view op) = nullptr;
  void (*parse)(void* target, const Field&, std::string_view text, std::string_view op) = nullptr;
  std::string (*format)(const void* target, const Field&) = nullptr;

  Field& required() { return is_required = true, *this; }
  Field& range(double from, double to = std::numeric_limits<double>::infinity()) {
    return low = from, high = to, *this;
  }
  Field& names(std::initializer_list<const char*> all) { return choices = all, *this; }
};

inline constexpr size_t kParamsAlignment = 16;  // what ::operator new gives

struct ParamsType {
  size_t size;
  void (*construct)(void* to);  // the defaults
  void (*copy)(void* to, const void* from);
  void (*destroy)(void* object);
  std::vector<Field> fields;

  const Field* find(std::string_view name) const;
  std::string names() const;  // "kernel, stride, pad": for messages
};

// What is done with a field of one C++ type. Defined in params.cc.
#define MX_FIELD_TYPE(T)                                                             \
  void assign_field(T& to, const Field&, const MXValue&, std::string_view op);       \
  void parse_field(T& to, const Field&, std::string_view text, std::string_view op); \
  std::string format_field(const T& from);
MX_FIELD_TYPE(bool)
MX_FIELD_TYPE(int32_t)
MX_FIELD_TYPE(int64_t)
MX_FIELD_TYPE(float)
MX_FIELD_TYPE(double)
MX_FIELD_TYPE(std::string)
MX_FIELD_TYPE(Shape)
MX_FIELD_TYPE(DType)
MX_FIELD_TYPE(std::vector<double>)
MX_FIELD_TYPE(OptionalInts)
#undef MX_FIELD_TYPE

Field& add_field(std::vector<Field>& to, Field field);

template <class T>
constexpr const char* field_type_name() {
  if constexpr (std::is_same_v<T, bool>)
    return "bool";
  else if constexpr (std::is_integral_v<T>)
    return "int";
  else if constexpr (std::is_floating_point_v<T>)
    return "float";
  else if constexpr (std::is_same_v<T, std::string>)
    return "str";
  else if constexpr (std::is_same_v<T, Shape>)
    return "shape";
  else if constexpr (std::is_same_v<T, DType>)
    return "dtype";
  else if constexpr (std::is_same_v<T, std::vector<double>>)
    return "floats";
  else if constexpr (std::is_same_v<T, OptionalInts>)
    return "optional-ints";
}

template <class T>
struct FieldType {
  static constexpr const char* name = field_type_name<T>();
  static void assign(T& to, const Field& field, const MXValue& value, std::string_view op) {
    assign_field(to, field, value, op);
  }
  static void parse(T& to, const Field& field, std::string_view text, std::string_view op) {
    parse_field(to, field, text, op);
  }
  static std::string format(const T& from, const Field&) { return format_field(from); }
};
// An enum crosses the border by the names of its values, which are 0, 1, 2...
void assign_enum(int32_t& to, const Field&, const MXValue&, std::string_view op);
void parse_enum(int32_t& to, const Field&, std::string_view text, std::string_view op);

template <class T>
  requires std::is_enum_v<T> && (!std::is_same_v<T, DType>)
struct FieldType<T> {
  static_assert(sizeof(T) == sizeof(int32_t));
  static constexpr const char* name = "enum";
  static void assign(T& to, const Field& field, const MXValue& value, std::string_view op) {
    int32_t index;
    assign_enum(index, field, value, op);
    to = static_cast<T>(index);
  }
  static void parse(T& to, const Field& field, std::string_view text, std::string_view op) {
    int32_t index;
    parse_enum(index, field, text, op);
    to = static_cast<T>(index);
  }
  static std::string format(const T& from, const Field& field) { return field.choices.at(static_cast<size_t>(from)); }
};

template <class T>
struct FieldType<std::optional<T>> {
  static constexpr bool nullable = true;
  static inline const char* const name = FieldType<T>::name;
  static void assign(std::optional<T>& to, const Field& field, const MXValue& value, std::string_view op) {
    if (value.kind == MX_VALUE_NONE) return to.reset();
    FieldType<T>::assign(to.emplace(), field, value, op);
  }
  static void parse(std::optional<T>& to, const Field& field, std::string_view text, std::string_view op) {
    if (text == "None") return to.reset();
    FieldType<T>::parse(to.emplace(), field, text, op);
  }
  static std::string format(const std::optional<T>& from, const Field& field) {
    return from ? FieldType<T>::format(*from, field) : "None";
  }
};

// The functions of a Field, on untyped memory.
template <class T>
struct ErasedField {
  static void assign(void* to, const Field& field, const MXValue& value, std::string_view op) {
    FieldType<T>::assign(*static_cast<T*>(to), field, value, op);
  }
  static void parse(void* to, const Field& field, std::string_view text, std::string_view op) {
    FieldType<T>::parse(*static_cast<T*>(to), field, text, op);
  }
  static std::string format(const void* from, const Field& field) {
    return FieldType<T>::format(*static_cast<const T*>(from), field);
  }
  static Field make(const char* name, const char* doc, size_t offset);
};
template <class T>
Field ErasedField<T>::make(const char* name, const char* doc, size_t offset) {
  Field field{name, doc, FieldType<T>::name};
  field.nullable = requires { FieldType<T>::nullable; };
  field.offset = offset, field.assign = assign, field.parse = parse, field.format = format;
  return field;
}

template <class P>
class FieldList {
 public:
  explicit FieldList(std::vector<Field>& fields) : fields_(fields) {}

  template <class T>
  Field& add(const char* name, T P::* member, const char* doc) {
    const auto at = reinterpret_cast<const char*>(&(probe_.*member)), start = reinterpret_cast<const char*>(&probe_);
    return add_field(fields_, ErasedField<T>::make(name, doc, static_cast<size_t>(at - start)));
  }

 private:
  std::vector<Field>& fields_;
  P probe_{};
};

template <class P>
const ParamsType& params_type() {
  static_assert(alignof(P) <= kParamsAlignment);
  static const ParamsType type = [] {
    ParamsType t{sizeof(P),
                 [](void* to) { new (to) P(); },
                 [](void* to, const void* from) { new (to) P(*static_cast<const P*>(from)); },
                 [](void* object) { static_cast<P*>(object)->~P(); },
                 {}};
    FieldList<P> list(t.fields);
    P::fields(list);
    return t;
  }();
  return type;
}

// Shared, immutable parameters of any type.
class Params {
 public:
  Params() = default;
  template <class P>
  static Params of(const P& values) {
    return copy(params_type<P>(), &values);
  }
  // From what a symbol file says. Names that are no parameter and are not in `ignored` raise kValue; so do missing
  // ones.
  static Params parse(const ParamsType& type, const AttrMap& attrs, std::string_view op);
  // A copy of a struct whose type is known only here.
  static Params copy(const ParamsType& type, const void* values);

  const ParamsType* type() const { return block_ ? block_->type : nullptr; }
  const void* data() const { return block_ ? block_->data() : nullptr; }
  template <class P>
  const P& as() const {
    return *static_cast<const P*>(data());
  }
  AttrMap format() const;  // every field as text

 private:
  // The struct itself follows in the same piece of memory.
  struct alignas(kParamsAlignment) Block final : RefCounted {
    explicit Block(const ParamsType& type) : type(&type) {}
    ~Block() override;
    void* data() { return this + 1; }
    static void* operator new(size_t size, const ParamsType& type);
    static void operator delete(void* block, const ParamsType& type);
    static void operator delete(void* block);
    const ParamsType* type;
    bool constructed = false;
  };
  Ref<Block> block_;
};

// Parameters on the stack, for one imperative call.
class StackParams {
 public:
  // values[i] belongs to type.fields[i]; MX_VALUE_DEFAULT leaves the default. Raises kValue/kType with the operator's
  // name.
  StackParams(const ParamsType& type, const MXValue* values, size_t count, std::string_view op);
  ~StackParams();
  StackParams(const StackParams&) = delete;
  const void* data() const { return data_; }

 private:
  const ParamsType& type_;
  void* data_;
  alignas(kParamsAlignment) unsigned char inline_[512];
};

}  // namespace mx
#endif
