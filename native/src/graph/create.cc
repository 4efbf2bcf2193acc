// How symbols come about: variables, operators applied to symbols, replaced variables, copies.
#include <algorithm>

#include "graph/compose.h"
#include "graph/symbol.h"

namespace mx {
namespace {

const Entry& single_output(const NamedInput& input, size_t position) {
  const auto& outputs = input.symbol->outputs;
  MX_CHECK(outputs.size() == 1, kValue, "[Symbol] argument ", input.name ? input.name : std::to_string(position),
           " has ", outputs.size(), " outputs, but one is needed: choose one by index");
  return outputs.front();
}

// Variables count how often they are written; a use says which count it sees.
void number_versions(Node& node) {
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    Entry& input = node.inputs[i];
    const bool written = mutates_input(node, i);
    MX_CHECK(!written || input.node->is_variable(), kValue, "[", node.label(), "] writes its input ",
             node.op->input_name(static_cast<int>(i)), ", which must be a variable, not the result of ",
             input.node->label());
    if (!input.node->is_variable()) continue;
    if (written) ++input.node->version;
    input.version = input.node->version;
  }
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text)
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

// `count` names after the pattern behind the colon of OpDef::variadic.
std::vector<std::string> names_after(const std::string& pattern, size_t count) {
  const std::vector<std::string> halves = split(pattern, ';'), each = split(halves[0], ',');
  const auto last = halves.size() > 1 ? split(halves[1], ',') : std::vector<std::string>();
  std::vector<std::string> names;
  for (size_t i = 0; i + last.size() < count; ++i) names.push_back(str(each[i % each.size()], i / each.size()));
  names.insert(names.end(), last.begin(), last.end());
  return names;
}

// What the inputs of an operator are called. A composite operator with any number of them calls them what those
// operators do that it gives them to: "weight" that of a deconvolution.
std::vector<std::string> input_names(const OpDef& op, const void* params) {
  const int count = op.count_inputs(params);
  if (const auto parts = op.is_variadic() ? split(op.inputs.back().name, ':') : std::vector<std::string>();
      parts.size() > 1)
    return names_after(parts[1], static_cast<size_t>(count));
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(op.input_name(i));
  if (!op.is_variadic() || !is_composite(op)) return names;
  const Composed expansion = composed(op.compose_fn, params, names.size());
  for (const Ref<Node>& node : expansion.nodes)
    for (size_t i = 0; i < node->inputs.size(); ++i)
      for (size_t k = 0; k < names.size(); ++k)
        if (node->inputs[i].node == expansion.inputs[k].node) names[k] = node->op->input_name(static_cast<int>(i));
  return names;
}

using Replacements = std::unordered_map<const Node*, Entry>;

// Copies of all nodes but the variables that are replaced.
std::vector<Entry> copy_graph(std::span<const Entry> heads, const Replacements& replacements) {
  std::unordered_map<const Node*, Ref<Node>> copies;
  const auto translate = [&](const Entry& entry) -> Entry {
    if (const auto found = replacements.find(entry.node.get()); found != replacements.end()) return found->second;
    return {copies.at(entry.node.get()), entry.index, entry.version};
  };
  for (Node* node : topological_order(heads)) {
    if (replacements.count(node)) continue;
    auto copy = make_ref<Node>();
    copy->op = node->op, copy->params = node->params, copy->name = node->name, copy->attrs = node->attrs;
    copy->version = node->version;
    for (const Entry& input : node->inputs) copy->inputs.push_back(translate(input));
    copies.emplace(node, std::move(copy));
  }
  std::vector<Entry> result;
  for (const Entry& head : heads) result.push_back(translate(head));
  return result;
}

std::string candidates(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "it has none" : "it has " + text;
}

}  // namespace

SymbolRef create_variable(const std::string& name) {
  return make_ref<Symbol>(std::vector<Entry>{{make_variable(name)}});
}

void set_input_attrs(Node& node) {
  if (node.op->input_attrs.empty()) return;
  const std::vector<std::string> names = input_names(*node.op, node.params.data());
  for (const auto& [input, key, value] : node.op->input_attrs)
    for (size_t i = 0; i < node.inputs.size(); ++i)
      if (names[i] == input && node.inputs[i].node->is_variable()) node.inputs[i].node->attrs.emplace(key, value);
}

SymbolRef create_symbol(const OpDef& op, const std::string& name, AttrMap attrs, std::span<const NamedInput> inputs) {
  auto node = make_ref<Node>();
  node->op = &op;
  node->name = name;
  for (auto& [key, value] : attrs) node->attrs[stored_key(key)] = std::move(value);
  if (op.is_variadic() && !node->attrs.count(op.variadic_count))
    node->attrs[op.variadic_count] = std::to_string(inputs.size() / static_cast<size_t>(op.group ? op.group : 1));
  node->parse_params();

  const std::vector<std::string> names = input_names(op, node->params.data());
  const int count = static_cast<int>(names.size());
  node->inputs.resize(count);
  std::vector<bool> given(count);
  size_t position = 0;
  for (const NamedInput& input : inputs) {
    int index;
    if (input.name) {
      index = static_cast<int>(std::find(names.begin(), names.end(), input.name) - names.begin());
      MX_CHECK(index < count, kValue, "[", node->label(), "] has no input called ", input.name, "; ",
               candidates(names));
    } else {
      index = static_cast<int>(position++);
      MX_CHECK(index < count, kValue, "[", node->label(), "] got more inputs than the ", count, " it takes; ",
               candidates(names));
    }
    MX_CHECK(!given[index], kValue, "[", node->label(), "] input ", names[index], " is given twice");
    node->inputs[index] = single_output(input, static_cast<size_t>(index));
    given[index] = true;
  }
  for (int i = 0; i < count; ++i) {
    if (given[i]) continue;
    auto variable = make_variable(name.empty() ? names[i] : name + "_" + names[i]);
    variable->attrs = node->attrs;
    node->inputs[i] = {std::move(variable)};
  }
  set_input_attrs(*node);
  number_versions(*node);

  std::vector<Entry> outputs;
  for (int i = 0; i < node->num_visible(); ++i) outputs.push_back({node, i});
  return make_ref<Symbol>(std::move(outputs));
}

SymbolRef compose(const Symbol& symbol, std::span<const NamedInput> inputs) {
  const std::vector<Node*> variables = symbol.variables(Symbol::Variables::kAll);
  const std::vector<Node*> arguments = symbol.variables(Symbol::Variables::kArguments);
  Replacements replacements;
  size_t position = 0;
  for (const NamedInput& input : inputs) {
    const Entry& value = single_output(input, position);
    bool found = false;
    if (!input.name) {
      MX_CHECK(position < arguments.size(), kValue, "[Symbol] got more inputs than its ", arguments.size(),
               " arguments");
      found = replacements.emplace(arguments[position++], value).second;
      MX_CHECK(found, kValue, "[Symbol] argument ", arguments[position - 1]->name, " is given twice");
    } else {
      for (const Node* variable : variables)
        if (variable->name == input.name) found = replacements.emplace(variable, value).second || found;
    }
    if (found) continue;
    std::vector<std::string> names;
    for (const Node* variable : variables) names.push_back(variable->name);
    raise(ErrorKind::kValue, "[Symbol] there is no variable called ", input.name, " to replace; ", candidates(names));
  }
  std::vector<Entry> outputs = copy_graph(symbol.outputs, replacements);
  for (const Node* node : topological_order(outputs))
    for (size_t i = 0; i < node->inputs.size(); ++i)
      MX_CHECK(!mutates_input(*node, i) || node->inputs[i].node->is_variable(), kValue, "[", node->label(),
               "] writes its input ", node->op->input_name(static_cast<int>(i)),
               ", which must be a variable, not the result of ", node->inputs[i].node->label());
  return make_ref<Symbol>(std::move(outputs));
}

SymbolRef deep_copy(const Symbol& symbol) { return make_ref<Symbol>(copy_graph(symbol.outputs, {})); }

SymbolRef remove_amp_cast(const Symbol& symbol) {
  // amp_multicast has as many outputs as inputs, so its users are redirected entry by entry first.
  std::vector<Entry> outputs = deep_copy(symbol)->outputs;
  const auto bypass = [](Entry& entry) {
    while (entry.node->op && (entry.node->op->name == "amp_cast" || entry.node->op->name == "amp_multicast"))
      entry = Entry(entry.node->inputs.at(entry.index));
  };
  const std::vector<Node*> order = topological_order(outputs);
  std::vector<Ref<Node>> alive(order.begin(), order.end());  // what is bypassed must outlive the loop
  for (Node* node : order)
    for (Entry& input : node->inputs) bypass(input);
  for (Entry& output : outputs) bypass(output);
  return make_ref<Symbol>(std::move(outputs));
}

}  // namespace mx
