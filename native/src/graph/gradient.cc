#include "graph/gradient.h"

#include "graph/builder.h"

namespace mx {

NodeGradient::NodeGradient(ReversePass& pass, int id, std::vector<Value> heads)
    : GradientContext(*pass.graph_->nodes[id]->op, pass.graph_->nodes[id]->params, pass.builder_),
      pass_(pass),
      id_(id),
      node_(*pass.graph_->nodes[id]),
      heads_(std::move(heads)) {}

Value NodeGradient::head(size_t i) {
  if (!heads_.at(i)) heads_[i] = pass_.zeros(node_, i);
  return heads_[i];
}

bool NodeGradient::wants(size_t input) const {
  const Node* from = node_.inputs.at(input).node.get();
  return from && pass_.needed_[pass_.graph_->node_id(from)];
}

void NodeGradient::set(size_t input, Value gradient) {
  if (!gradient || !wants(input)) return;
  gradient = pass_.bring_home(node_, input, std::move(gradient));
  pass_.parts_[pass_.graph_->entry_id(node_.inputs[input])].push_back(std::move(gradient));
}

Value ReversePass::zeros(const Node& node, size_t output_index) {
  return builder_.call("zeros_like", {output(node, output_index)});
}

Value ReversePass::sum(std::vector<Value>& parts) {
  if (parts.size() > 1) {
    Value total = parts[0];
    for (size_t i = 1; i < parts.size(); ++i) total = builder_.call("elemwise_add", {total, parts[i]});
    parts = {total};
  }
  return parts.empty() ? Value() : parts[0];
}

void ReversePass::differentiate(int id) {
  const Node& node = *graph_->nodes[id];
  if (node.is_variable() || !needed_[id] || node.op->zero_gradient) return;
  const int first = graph_->first_entry[id], count = graph_->num_outputs_of(id);
  std::vector<Value> heads;
  bool any = node.op->loss;
  turn_to(node);
  for (int i = 0; i < count; ++i) {
    heads.push_back(sum(parts_[first + i]));
    any = any || heads.back();
  }
  if (!any) return;
  constexpr std::string_view kBackward = "_backward_";  // whoever reads this called the operator, not its gradient
  const bool again = node.op->name.starts_with(kBackward);
  MX_CHECK(node.op->gradient_fn, kUnsupported, "[", again ? node.op->name.substr(kBackward.size()) : node.label(), "] ",
           again ? "its gradient has no gradient" : "has no gradient",
           ", but one is needed to reach a variable behind it; stop the gradient with BlockGrad, or set the gradient "
           "request of that variable to null");
  NodeGradient context(*this, id, std::move(heads));
  enter(context);
  try {
    node.op->gradient_fn(context);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInterrupted) throw;
    throw with_node(error, node);
  }
  leave(node);
}

std::vector<Value> ReversePass::run(std::span<const Entry> heads, std::span<const Value> head_gradients,
                                    std::span<const Entry> wanted) {
  const IndexedGraph graph(heads);
  graph_ = &graph;
  const int num_nodes = static_cast<int>(graph.nodes.size());
  needed_.assign(num_nodes, false);
  parts_.assign(graph.num_entries(), {});
  std::vector<bool> kept(graph.num_entries());  // wanted entries keep their sum
  for (const Entry& entry : wanted) {
    if (!entry.node || !graph.contains(entry.node.get())) continue;
    needed_[graph.node_id(entry.node.get())] = true;
    kept[graph.entry_id(entry)] = true;
  }
  std::vector<bool> through(num_nodes);  // something behind the node is needed
  for (int i = 0; i < num_nodes; ++i) {
    for (const Entry& input : graph.nodes[i]->inputs)
      if (input.node && needed_[graph.node_id(input.node.get())]) through[i] = true;
    if (through[i]) needed_[i] = true;
  }
  std::vector<bool> reached(num_nodes);  // losses only count where a head depends on them through gradients
  for (size_t i = 0; i < heads.size(); ++i) {
    reached[graph.node_id(heads[i].node.get())] = true;
    if (head_gradients[i]) parts_[graph.heads[i]].push_back(head_gradients[i]);
  }
  for (int i = num_nodes - 1; i >= 0; --i) {
    const int first = graph.first_entry[i], count = graph.num_outputs_of(i);
    bool any = reached[i];
    for (int k = 0; k < count; ++k) any = any || !parts_[first + k].empty();
    if (any && through[i]) differentiate(i);
    for (int k = 0; k < count; ++k)
      if (!kept[first + k]) parts_[first + k].clear();
  }
  std::vector<Value> result;
  for (const Entry& entry : wanted) {
    const bool inside = entry.node && graph.contains(entry.node.get());
    if (inside) turn_to(*entry.node);
    result.push_back(inside ? sum(parts_[graph.entry_id(entry)]) : Value());
  }
  graph_ = nullptr;
  return result;
}

namespace {

class GraphReversePass final : public ReversePass {
 public:
  explicit GraphReversePass(GraphBuilder& builder) : ReversePass(builder), builder_(builder) {}

 protected:
  Value input(const Node& node, size_t i) override { return to_value(node.inputs.at(i)); }
  Value output(const Node& node, size_t i) override {
    return to_value(Entry{const_cast<Node*>(&node), static_cast<int32_t>(i)});
  }
  void turn_to(const Node& node) override { builder_.set_origin(&node); }
  void enter(const NodeGradient& context) override { builder_.set_prefix(context.node().name + "_backward"); }

 private:
  GraphBuilder& builder_;
};

}  // namespace

GraphGradients build_gradients(std::span<const Entry> heads, std::span<const Entry> wanted) {
  GraphGradients result;
  std::vector<Value> values;
  for (size_t i = 0; i < heads.size(); ++i) {
    result.head_gradients.push_back({make_variable("_head_gradient" + std::to_string(i))});
    // A loss ignores what it gets, so it gets nothing.
    const OpDef* op = heads[i].node->op;
    values.push_back(op && op->loss ? Value() : to_value(result.head_gradients.back()));
  }
  GraphBuilder builder;
  builder.set_prefix("_gradient");
  for (const Value& value : GraphReversePass(builder).run(heads, values, wanted))
    result.gradients.push_back(value ? to_entry(value) : Entry());
  result.nodes = builder.nodes();
  result.origins = builder.origins();
  return result;
}

}  // namespace mx
