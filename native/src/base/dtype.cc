#include "mx/base/dtype.h"

#include "mx/base/error.h"

namespace mx {

namespace {
struct Name {
  DType dtype;
  const char* name;
};
constexpr Name kNames[] = {
    {DType::kFloat32, "float32"}, {DType::kFloat64, "float64"}, {DType::kFloat16, "float16"},
    {DType::kUint8, "uint8"},     {DType::kInt32, "int32"},     {DType::kInt8, "int8"},
    {DType::kInt64, "int64"},     {DType::kBool, "bool"},       {DType::kBfloat16, "bfloat16"},
};
// What else NumPy calls them.
constexpr Name kNumpyNames[] = {
    {DType::kFloat32, "single"}, {DType::kFloat32, "f4"}, {DType::kFloat64, "float"}, {DType::kFloat64, "double"},
    {DType::kFloat64, "f8"},     {DType::kFloat16, "f2"}, {DType::kFloat16, "half"},  {DType::kUint8, "ubyte"},
    {DType::kUint8, "u1"},       {DType::kInt32, "intc"}, {DType::kInt32, "i4"},      {DType::kInt8, "byte"},
    {DType::kInt8, "i1"},        {DType::kInt64, "int"},  {DType::kInt64, "i8"},      {DType::kBool, "bool_"},
};
}  // namespace

const char* name_of(DType dtype) {
  for (const Name& entry : kNames)
    if (entry.dtype == dtype) return entry.name;
  return "unknown";
}

DType parse_dtype(std::string_view name) {
  for (const Name& entry : kNames)
    if (name == entry.name) return entry.dtype;
  const size_t order = !name.empty() && std::string_view("<>=|").find(name[0]) != std::string_view::npos;
  for (const Name& entry : kNumpyNames)
    if (name.substr(order) == entry.name) return entry.dtype;
  std::string known;
  for (const Name& entry : kNames) known += (known.empty() ? "" : ", ") + std::string(entry.name);
  raise(ErrorKind::kType, "[dtype] '", name, "' is no element type; use one of ", known);
}

bool is_valid_dtype(int32_t flag) {
  for (const Name& entry : kNames)
    if (static_cast<int32_t>(entry.dtype) == flag) return true;
  return false;
}

}  // namespace mx
