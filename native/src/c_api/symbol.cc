#include "graph/symbol.h"

#include <algorithm>

#include "c_api/guard.h"
#include "graph/infer.h"
#include "graph/json.h"

using namespace mx;
using c_api::guard;

namespace {

Symbol& symbol(MXSymbolHandle handle) {
  MX_CHECK(handle, kValue, "[libmx] a symbol handle is NULL");
  return *reinterpret_cast<Symbol*>(handle);
}
MXSymbolHandle give(SymbolRef ref) { return reinterpret_cast<MXSymbolHandle>(ref.detach()); }

std::vector<NamedInput> named(const char* const* names, const MXSymbolHandle* inputs, int count) {
  std::vector<NamedInput> list;
  for (int i = 0; i < count; ++i) list.push_back({names ? names[i] : nullptr, &symbol(inputs[i])});
  return list;
}

// What a list function hands out: owned here until the thread calls the same function again.
struct Strings {
  std::vector<std::string> owned;
  std::vector<const char*> pointers;
  void publish(std::vector<std::string> list, int* count, const char* const** out) {
    owned = std::move(list);
    pointers.clear();
    for (const std::string& text : owned) pointers.push_back(text.c_str());
    *count = static_cast<int>(pointers.size());
    *out = pointers.data();
  }
};

std::vector<std::string> names_of(const std::vector<Node*>& nodes) {
  std::vector<std::string> names;
  for (const Node* node : nodes) names.push_back(node->name);
  return names;
}

}  // namespace

int MXSymbolCreateVariable(const char* name, MXSymbolHandle* out) {
  return guard([&] { *out = give(create_variable(name)); });
}

int MXSymbolCreate(int op, const char* name, const char* const* attr_keys, const char* const* attr_values,
                   int num_attrs, const char* const* input_names, const MXSymbolHandle* inputs, int num_inputs,
                   MXSymbolHandle* out) {
  return guard([&] {
    const auto ops = all_ops();
    MX_CHECK(op >= 0 && static_cast<size_t>(op) < ops.size(), kIndex, "[MXSymbolCreate] there is no operator ", op);
    AttrMap attrs;
    for (int i = 0; i < num_attrs; ++i) attrs[attr_keys[i]] = attr_values[i];
    *out = give(create_symbol(*ops[static_cast<size_t>(op)], name ? name : "", std::move(attrs),
                              named(input_names, inputs, num_inputs)));
  });
}

int MXSymbolCompose(MXSymbolHandle handle, const char* const* names, const MXSymbolHandle* inputs, int count,
                    MXSymbolHandle* out) {
  return guard([&] { *out = give(compose(symbol(handle), named(names, inputs, count))); });
}

int MXSymbolGroup(const MXSymbolHandle* symbols, int count, MXSymbolHandle* out) {
  return guard([&] {
    std::vector<const Symbol*> list;
    for (int i = 0; i < count; ++i) list.push_back(&symbol(symbols[i]));
    *out = give(group(list));
  });
}
int MXSymbolGetOutput(MXSymbolHandle handle, int index, MXSymbolHandle* out) {
  return guard([&] { *out = give(output_of(symbol(handle), index)); });
}
int MXSymbolGetInternals(MXSymbolHandle handle, MXSymbolHandle* out) {
  return guard([&] { *out = give(internals_of(symbol(handle))); });
}
int MXSymbolGetChildren(MXSymbolHandle handle, MXSymbolHandle* out) {
  return guard([&] { *out = give(children_of(symbol(handle))); });
}
int MXSymbolCopy(MXSymbolHandle handle, MXSymbolHandle* out) {
  return guard([&] { *out = give(deep_copy(symbol(handle))); });
}
int MXSymbolRemoveAmpCast(MXSymbolHandle handle, MXSymbolHandle* out) {
  return guard([&] { *out = give(remove_amp_cast(symbol(handle))); });
}
int MXSymbolRetain(MXSymbolHandle handle) {
  return guard([&] { symbol(handle).retain(); });
}
int MXSymbolRelease(MXSymbolHandle handle) {
  return guard([&] {
    if (handle) symbol(handle).release();
  });
}

int MXSymbolListNames(MXSymbolHandle handle, MXSymbolList which, int* count, const char* const** names) {
  return guard([&] {
    static thread_local Strings strings;
    const Symbol& s = symbol(handle);
    switch (which) {
      case MX_LIST_ARGUMENTS:
        return strings.publish(names_of(s.variables(Symbol::Variables::kArguments)), count, names);
      case MX_LIST_OUTPUTS:
        return strings.publish(s.output_names(), count, names);
      case MX_LIST_AUXILIARY:
        return strings.publish(names_of(s.variables(Symbol::Variables::kAuxiliary)), count, names);
      case MX_LIST_INPUTS:
        return strings.publish(names_of(s.variables(Symbol::Variables::kAll)), count, names);
    }
    raise(ErrorKind::kValue, "[MXSymbolListNames] there is no list ", static_cast<int>(which));
  });
}

int MXSymbolGetName(MXSymbolHandle handle, const char** out) {
  return guard([&] {
    static thread_local std::string name;
    const Node* node = symbol(handle).single_node();
    if (node) name = node->name;
    *out = node ? name.c_str() : nullptr;
  });
}
int MXSymbolGetAttr(MXSymbolHandle handle, const char* key, const char** out) {
  return guard([&] {
    static thread_local std::string text;
    const std::string* found = symbol(handle).attribute(key);
    if (found) text = *found;
    *out = found ? text.c_str() : nullptr;
  });
}
int MXSymbolSetAttr(MXSymbolHandle handle, const char* key, const char* value) {
  return guard([&] { symbol(handle).set_attribute(key, value); });
}
int MXSymbolListAttrs(MXSymbolHandle handle, int recursive, int* count, const char* const** pairs) {
  return guard([&] {
    static thread_local Strings strings;
    std::vector<std::string> flat;
    for (auto& [key, value] : symbol(handle).attributes(recursive != 0)) {
      flat.push_back(std::move(key));
      flat.push_back(std::move(value));
    }
    strings.publish(std::move(flat), count, pairs);
    *count /= 2;
  });
}

int MXSymbolToJSON(MXSymbolHandle handle, const char** out) {
  return guard([&] {
    static thread_local std::string text;
    text = to_json(symbol(handle));
    *out = text.c_str();
  });
}
int MXSymbolFromJSON(const char* json, MXSymbolHandle* out) {
  return guard([&] { *out = give(from_json(json)); });
}
