// Reverse-mode differentiation over nodes. The graph and the tape use the same pass; they differ in the builder, and in
// where the values of the forward work come from.
#pragma once
#include <vector>

#include "graph/node.h"

namespace mx {

class NodeGradient;

class ReversePass {
 public:
  explicit ReversePass(Builder& builder) : builder_(builder) {}
  virtual ~ReversePass() = default;

  // The gradients of the `wanted` entries, empty where nothing depends on them. head_gradients[i] is empty for a head
  // that needs none (a loss). Raises kUnsupported where a gradient is needed of an operator that has none.
  std::vector<Value> run(std::span<const Entry> heads, std::span<const Value> head_gradients,
                         std::span<const Entry> wanted);

 protected:
  // Inputs and outputs of the forward work.
  virtual Value input(const Node& node, size_t i) = 0;
  virtual Value output(const Node& node, size_t i) = 0;
  // What stands for the gradient of an output that nothing depends on.
  virtual Value zeros(const Node& node, size_t output_index);
  // Called with each gradient of an input: brings it where the input is.
  virtual Value bring_home(const Node&, size_t /*input*/, Value gradient) { return gradient; }
  // Before gradients are made that belong to a node: those of its inputs, and sums of those of its outputs.
  virtual void turn_to(const Node&) {}
  // Around the gradient of one node.
  virtual void enter(const NodeGradient&) {}
  virtual void leave(const Node&) {}

 private:
  friend class NodeGradient;
  Value sum(std::vector<Value>& parts);
  void differentiate(int id);

  Builder& builder_;
  const IndexedGraph* graph_ = nullptr;
  std::vector<bool> needed_;               // by node
  std::vector<std::vector<Value>> parts_;  // by entry
};

// What the gradient functions of operators see.
class NodeGradient final : public GradientContext {
 public:
  NodeGradient(ReversePass& pass, int id, std::vector<Value> heads);
  size_t num_inputs() const override { return node_.inputs.size(); }
  size_t num_outputs() const override { return heads_.size(); }
  Value input(size_t i) override { return pass_.input(node_, i); }
  Value output(size_t i) override { return pass_.output(node_, i); }
  Value head(size_t i) override;
  bool has_head(size_t i) const override { return static_cast<bool>(heads_.at(i)); }
  bool wants(size_t input) const override;
  void set(size_t input, Value gradient) override;
  const Node& node() const { return node_; }

 private:
  ReversePass& pass_;
  int id_;
  const Node& node_;
  std::vector<Value> heads_;
};

struct GraphGradients {
  std::vector<Entry> head_gradients;  // a variable for every head
  std::vector<Entry> gradients;       // one per wanted entry; no node where it is zero
  std::vector<Ref<Node>> nodes;       // what computes them, from the heads backwards
  std::vector<const Node*> origins;   // of each of these: the node that it differentiates
};
// Extends a graph (without composite operators) by the gradients of `wanted`.
GraphGradients build_gradients(std::span<const Entry> heads, std::span<const Entry> wanted);

}  // namespace mx
