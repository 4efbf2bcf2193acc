#include "graph/symbol.h"

#include <algorithm>
#include <unordered_set>

namespace mx {
namespace {

constexpr const char* kHiddenKeys[] = {"ctx_group", "lr_mult", "wd_mult", "force_mirroring", "mirror_stage"};

bool is_hidden_key(std::string_view key) {
  return std::find(std::begin(kHiddenKeys), std::end(kHiddenKeys), key) != std::end(kHiddenKeys);
}

void append_attributes(std::vector<std::pair<std::string, std::string>>& out, const Node& node,
                       const std::string& prefix) {
  for (const auto& [key, value] : node.attrs) {
    out.emplace_back(prefix + key, value);
    if (!is_annotation(key)) continue;
    const std::string bare = key.substr(2, key.size() - 4);
    if (is_hidden_key(bare)) out.emplace_back(prefix + bare, value);
  }
}

}  // namespace

std::span<const char* const> hidden_keys() { return kHiddenKeys; }

std::string stored_key(const std::string& key) {
  if (is_hidden_key(key)) return "__" + key + "__";
  for (const char* hidden : kHiddenKeys)
    MX_CHECK(is_annotation(key) || !key.ends_with(std::string("_") + hidden), kValue, "[Symbol] the attribute ", key,
             " cannot be set on an operator; set ", hidden, " on the variable instead: var(..., attr={\"", hidden,
             "\": ...})");
  return key;
}

std::vector<Node*> Symbol::variables(Variables which) const {
  const std::vector<Node*> order = topological_order(outputs);
  std::unordered_set<const Node*> written;
  if (which != Variables::kAll)
    for (Node* node : order)
      for (size_t i = 0; i < node->inputs.size(); ++i)
        if (mutates_input(*node, i)) written.insert(node->inputs[i].node.get());
  std::vector<Node*> result;
  for (Node* node : order)
    if (node->is_variable() &&
        (which == Variables::kAll || (written.count(node) != 0) == (which == Variables::kAuxiliary)))
      result.push_back(node);
  return result;
}

std::vector<std::string> Symbol::output_names() const {
  std::vector<std::string> names;
  for (const Entry& entry : outputs) names.push_back(entry.node->output_name(entry.index));
  return names;
}

const Node* Symbol::single_node() const {
  for (const Entry& entry : outputs)
    if (!(entry.node == outputs.front().node)) return nullptr;
  return outputs.empty() ? nullptr : outputs.front().node.get();
}

const std::string* Symbol::attribute(const std::string& key) const {
  const Node* node = single_node();
  if (!node) return nullptr;
  if (key == "name") return &node->name;
  auto found = node->attrs.find(key);
  if (found == node->attrs.end() && is_hidden_key(key)) found = node->attrs.find("__" + key + "__");
  return found == node->attrs.end() ? nullptr : &found->second;
}

void Symbol::set_attribute(const std::string& key, const std::string& value) {
  MX_CHECK(single_node(), kValue, "[Symbol] attribute ", key,
           " cannot be set on a group of several nodes: set it on each");
  Node& node = *outputs.front().node;
  if (key == "name") {
    node.name = value;
    return;
  }
  const std::string stored = stored_key(key);
  AttrMap before = node.attrs;
  node.attrs[stored] = value;
  if (!node.op || is_annotation(stored)) return;
  try {
    node.parse_params();
  } catch (...) {
    node.attrs = std::move(before);
    throw;
  }
}

std::vector<std::pair<std::string, std::string>> Symbol::attributes(bool recursive) const {
  std::vector<std::pair<std::string, std::string>> result;
  if (!recursive) {
    if (!outputs.empty()) append_attributes(result, *outputs.front().node, "");
    return result;
  }
  for (const Node* node : topological_order(outputs)) append_attributes(result, *node, node->name + "$");
  return result;
}

SymbolRef group(std::span<const Symbol* const> symbols) {
  std::vector<Entry> all;
  for (const Symbol* symbol : symbols) all.insert(all.end(), symbol->outputs.begin(), symbol->outputs.end());
  MX_CHECK(!all.empty(), kValue, "[Symbol.Group] got no symbols");
  return make_ref<Symbol>(std::move(all));
}

SymbolRef output_of(const Symbol& symbol, int index) {
  const int count = static_cast<int>(symbol.outputs.size());
  MX_CHECK(index >= 0 && index < count, kIndex, "[Symbol] output ", index, " is asked for, but there are ", count);
  return make_ref<Symbol>(std::vector<Entry>{symbol.outputs[index]});
}

SymbolRef internals_of(const Symbol& symbol) {
  std::vector<Entry> all;
  for (Node* node : topological_order(symbol.outputs))
    for (int i = 0; i < node->num_visible(); ++i) all.push_back({node, i, node->version});
  return make_ref<Symbol>(std::move(all));
}

SymbolRef children_of(const Symbol& symbol) {
  std::vector<Entry> all;
  std::unordered_set<const Node*> seen;
  for (const Entry& output : symbol.outputs)
    if (seen.insert(output.node.get()).second)
      all.insert(all.end(), output.node->inputs.begin(), output.node->inputs.end());
  return all.empty() ? nullptr : make_ref<Symbol>(std::move(all));
}

}  // namespace mx
