// A symbol: outputs of a graph. Attributes are changed in place; composition makes copies.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/node.h"

namespace mx {

struct Symbol : RefCounted {
  explicit Symbol(std::vector<Entry> entries) : outputs(std::move(entries)) {}
  std::vector<Entry> outputs;

  // Variables in depth-first order. Auxiliary states are those that an operator writes.
  enum class Variables { kArguments, kAuxiliary, kAll };
  std::vector<Node*> variables(Variables which) const;
  std::vector<std::string> output_names() const;
  // The node of all outputs, or null where they have several.
  const Node* single_node() const;

  // Null where there is none. The names ctx_group, lr_mult, wd_mult, force_mirroring, mirror_stage also find
  // "__<name>__".
  const std::string* attribute(const std::string& key) const;
  void set_attribute(const std::string& key, const std::string& value);
  // Those of the first output's node, or "<node>$<key>" of every node.
  std::vector<std::pair<std::string, std::string>> attributes(bool recursive) const;
};
using SymbolRef = Ref<Symbol>;

struct NamedInput {
  const char* name;  // null: by position
  const Symbol* symbol;
};

SymbolRef create_variable(const std::string& name);
// op applied to inputs; the inputs that are not given become variables <name>_<input> with a copy of the attributes.
SymbolRef create_symbol(const OpDef& op, const std::string& name, AttrMap attrs, std::span<const NamedInput> inputs);
// A copy in which variables are replaced, by name or in the order of the arguments.
SymbolRef compose(const Symbol& symbol, std::span<const NamedInput> inputs);
SymbolRef group(std::span<const Symbol* const> symbols);
SymbolRef output_of(const Symbol& symbol, int index);
SymbolRef internals_of(const Symbol& symbol);
// Null when no output has inputs.
SymbolRef children_of(const Symbol& symbol);
SymbolRef deep_copy(const Symbol& symbol);
SymbolRef remove_amp_cast(const Symbol& symbol);

// "ctx_group" and the other names that are kept as "__ctx_group__".
std::span<const char* const> hidden_keys();
// The key under which the attribute is kept. Raises kValue for the form "weight_lr_mult".
std::string stored_key(const std::string& key);
// Gives auto-created inputs the attributes that the operator demands of them (such as "__init__").
void set_input_attrs(Node& node);

}  // namespace mx
