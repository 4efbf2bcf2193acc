// The nodes of a computation: what a Symbol, a plan and the tape are made of.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "mx/attrs.h"
#include "mx/base/ref.h"
#include "mx/opdef.h"

namespace mx {

struct TapeRecord;

// Output `index` of a node.
struct Entry {
  Ref<Node> node;
  int32_t index = 0;
  int32_t version = 0;  // of a variable: how many operators have written it before

  bool operator==(const Entry& other) const { return node == other.node && index == other.index; }
};

struct Node : RefCounted {
  Node();
  ~Node() override;  // never recurses, however long the chain of inputs

  const OpDef* op = nullptr;  // null: a variable
  Params params;
  std::string name;
  AttrMap attrs;  // parameters as they were given, and "__key__" annotations
  std::vector<Entry> inputs;
  int32_t version = 0;               // of a variable: operators that write it, so far
  std::unique_ptr<TapeRecord> tape;  // of recorded work only

  bool is_variable() const { return op == nullptr; }
  int num_outputs() const { return op ? op->count_outputs(params.data()) : 1; }
  int num_visible() const { return op ? op->count_visible(params.data()) : 1; }
  // "fc_output", "split_output2", "bn_mean"; a variable's name.
  std::string output_name(int index) const;
  std::string output_suffix(int index) const;
  // Reads the parameters among `attrs`.
  void parse_params();
  std::string label() const;  // "Convolution conv1": for messages
};

Ref<Node> make_variable(std::string name);
// The annotation that AttrScope(ctx_group=...) leaves; group2ctx of bind gives the group a device.
inline constexpr char kDeviceGroup[] = "__ctx_group__";
inline bool is_annotation(std::string_view key) {
  return key.size() > 4 && key.starts_with("__") && key.ends_with("__");
}
// Annotations of old files that belong to no input, such as "foo_lr_mult": kept, and never read as parameters.
bool is_stray_annotation(std::string_view key);
// Does the node write this input?
bool mutates_input(const Node& node, size_t input);
// The error with the node's name in front: "[Convolution conv1] ...".
Error with_node(const Error& error, const Node& node);

// Every node that the heads depend on, inputs before their users, in depth-first order.
std::vector<Node*> topological_order(std::span<const Entry> heads);

// A graph with numbers for nodes and entries.
struct IndexedGraph {
  explicit IndexedGraph(std::span<const Entry> heads) : IndexedGraph(topological_order(heads), heads) {}
  // With the nodes in a given order, inputs before their users.
  IndexedGraph(std::vector<Node*> order, std::span<const Entry> heads);

  std::vector<Node*> nodes;
  std::vector<int> first_entry;  // number of output 0 of every node, and the number of entries at the end
  std::vector<int> first_input;  // likewise, in `inputs`
  std::vector<int> inputs;       // entry numbers
  std::vector<int> heads;        // entry numbers
  std::vector<int> variables;    // node numbers
  std::vector<bool> mutated;     // by node: a variable that some operator writes

  int num_entries() const { return first_entry.back(); }
  int node_id(const Node* node) const { return ids_.at(node); }
  bool contains(const Node* node) const { return ids_.count(node) != 0; }
  int entry_id(const Entry& entry) const { return first_entry[node_id(entry.node.get())] + entry.index; }
  std::span<const int> inputs_of(int node) const {
    return {inputs.data() + first_input[node], static_cast<size_t>(first_input[node + 1] - first_input[node])};
  }
  int num_outputs_of(int node) const { return first_entry[node + 1] - first_entry[node]; }

 private:
  std::unordered_map<const Node*, int> ids_;
};

}  // namespace mx
