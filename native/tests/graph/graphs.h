// Short ways to write graphs and arrays in tests.
#pragma once
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "graph/symbol.h"
#include "ndarray/ndarray.h"

namespace mx::testing {

inline SymbolRef var(const std::string& name, AttrMap attrs = {}) {
  SymbolRef symbol = create_variable(name);
  for (const auto& [key, value] : attrs) symbol->set_attribute(key, value);
  return symbol;
}

inline SymbolRef apply(const char* op, const std::string& name, const std::vector<SymbolRef>& inputs,
                       AttrMap attrs = {}) {
  std::vector<NamedInput> list;
  for (const SymbolRef& input : inputs) list.push_back({nullptr, input.get()});
  return create_symbol(get_op(op), name, std::move(attrs), list);
}

inline SymbolRef group_of(const std::vector<SymbolRef>& symbols) {
  std::vector<const Symbol*> list;
  for (const SymbolRef& symbol : symbols) list.push_back(symbol.get());
  return group(list);
}

inline std::vector<std::string> names(const Symbol& symbol, Symbol::Variables which) {
  std::vector<std::string> result;
  for (const Node* node : symbol.variables(which)) result.push_back(node->name);
  return result;
}

inline NDArrayRef array(const Shape& shape, const std::vector<float>& values) {
  auto result = make_ref<NDArray>(shape, DType::kFloat32);
  for (int64_t i = 0; i < result->size(); ++i)
    static_cast<float*>(result->data())[i] = values[static_cast<size_t>(i) % values.size()];
  return result;
}
inline NDArrayRef array(const std::vector<float>& values) {
  return array(Shape{static_cast<int64_t>(values.size())}, values);
}

inline std::vector<float> values(const NDArray& array) {
  wait_to_read(array);
  const float* data = static_cast<const float*>(array.data());
  return {data, data + array.size()};
}
inline std::vector<float> values(const NDArrayRef& array) { return values(*array); }

// The message of the mx::Error that the call raises; "" when it raises none.
template <class F>
std::string error_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace mx::testing
