#include "graph/node.h"

#include <algorithm>
#include <unordered_set>

#include "executor/tape.h"
#include "graph/symbol.h"

namespace mx {

constexpr int kMaxPorts = 1 << 16;  // inputs or outputs of a node

Node::Node() = default;

Node::~Node() {
  static thread_local std::vector<Ref<Node>>* pending = nullptr;
  if (inputs.empty()) return;
  if (pending) {
    for (Entry& input : inputs) pending->push_back(std::move(input.node));
    return;
  }
  std::vector<Ref<Node>> list;
  for (Entry& input : inputs) list.push_back(std::move(input.node));
  pending = &list;
  while (!list.empty()) {
    Ref<Node> next = std::move(list.back());
    list.pop_back();
  }
  pending = nullptr;
}

std::string Node::output_suffix(int index) const {
  if (num_outputs() <= static_cast<int>(op->outputs.size())) return op->outputs[index].name;
  return num_visible() == 1 && index == 0 ? "output" : "output" + std::to_string(index);
}

std::string Node::output_name(int index) const { return op ? name + "_" + output_suffix(index) : name; }

void Node::parse_params() {
  AttrMap values;
  for (const auto& [key, value] : attrs)
    if (!is_annotation(key) && !is_stray_annotation(key)) values.emplace(key, value);
  try {
    params = Params::parse(op->param_struct(), values, op->name);
    // The counts come from parameters, and those may come from a stranger's file.
    const int num_inputs = op->count_inputs(params.data()), num_outputs = op->count_outputs(params.data());
    MX_CHECK(num_inputs >= 0 && num_inputs <= kMaxPorts && num_outputs >= 1 && num_outputs <= kMaxPorts, kValue, "[",
             op->name, "] the parameters demand ", num_inputs, " inputs and ", num_outputs, " outputs; at most ",
             kMaxPorts, " are possible");
  } catch (const Error& error) {
    throw with_node(error, *this);
  }
}

std::string Node::label() const { return op ? (name.empty() ? op->name : op->name + " " + name) : "variable " + name; }

bool is_stray_annotation(std::string_view key) {
  for (const char* hidden : hidden_keys())
    if (key.starts_with(hidden) || key.ends_with(hidden)) return true;
  return false;
}

Ref<Node> make_variable(std::string name) {
  auto node = make_ref<Node>();
  node->name = std::move(name);
  return node;
}

bool mutates_input(const Node& node, size_t input) {
  return node.op && node.op->mutates_input(static_cast<int>(input));
}

Error with_node(const Error& error, const Node& node) {
  std::string message = error.what();
  const std::string label = "[" + node.label() + "]";
  if (message.starts_with(label)) return error;
  // An operator names itself; the node's label takes the place of that.
  const std::string own = node.op ? "[" + node.op->name + "]" : "";
  if (!own.empty() && message.starts_with(own)) return Error(error.kind(), label + message.substr(own.size()));
  return Error(error.kind(), label + " " + message);
}

std::vector<Node*> topological_order(std::span<const Entry> heads) {
  struct Visit {
    Node* node;
    size_t next;
  };
  std::vector<Node*> order;
  std::unordered_set<const Node*> seen;
  std::vector<Visit> stack;
  for (const Entry& head : heads) {
    if (!head.node || !seen.insert(head.node.get()).second) continue;
    stack.push_back({head.node.get(), 0});
    while (!stack.empty()) {
      Visit& top = stack.back();
      if (top.next == top.node->inputs.size()) {
        order.push_back(top.node);
        stack.pop_back();
        continue;
      }
      Node* input = top.node->inputs[top.next++].node.get();
      if (input && seen.insert(input).second) stack.push_back({input, 0});  // null: a constant of the tape
    }
  }
  return order;
}

IndexedGraph::IndexedGraph(std::vector<Node*> order, std::span<const Entry> head_entries) : nodes(std::move(order)) {
  mutated.resize(nodes.size());
  first_entry.push_back(0);
  first_input.push_back(0);
  ids_.reserve(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    Node* node = nodes[i];
    ids_[node] = static_cast<int>(i);
    first_entry.push_back(first_entry.back() + node->num_outputs());
    if (node->is_variable()) variables.push_back(static_cast<int>(i));
    for (size_t j = 0; j < node->inputs.size(); ++j) {
      const Entry& input = node->inputs[j];
      inputs.push_back(input.node ? entry_id(input) : -1);
      if (mutates_input(*node, j) && input.node) mutated[node_id(input.node.get())] = true;
    }
    first_input.push_back(static_cast<int>(inputs.size()));
  }
  for (const Entry& head : head_entries) heads.push_back(entry_id(head));
}

}  // namespace mx
