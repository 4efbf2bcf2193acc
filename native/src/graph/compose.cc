#include "graph/compose.h"

#include "graph/builder.h"
#include "graph/infer.h"

namespace mx {
namespace {

// Outputs first, so that what comes out overwrites nothing when an output is an input.
template <class T>
void infer_on_expansion(const OpDef& op, const void* params, std::span<T> in, std::span<T> out,
                        void (*infer)(const IndexedGraph&, std::vector<T>&), bool (*merge)(T&, const T&), T unknown) {
  const Composed expansion = composed(op.compose_fn, params, in.size(), op.name);
  MX_CHECK(expansion.outputs.size() == out.size(), kInternal, "[", op.name, "] composed ", expansion.outputs.size(),
           " outputs instead of ", out.size());
  std::vector<Entry> heads = expansion.outputs;
  heads.insert(heads.end(), expansion.inputs.begin(), expansion.inputs.end());
  const IndexedGraph graph(heads);
  std::vector<T> known(graph.num_entries(), unknown);
  for (size_t i = 0; i < heads.size(); ++i) {
    const T& given = i < out.size() ? out[i] : in[i - out.size()];
    MX_CHECK(merge(known[graph.heads[i]], given), kValue, "[", op.name, "] cannot be ", given, " and ",
             known[graph.heads[i]], " at once");
  }
  infer(graph, known);
  for (size_t i = 0; i < heads.size(); ++i) (i < out.size() ? out[i] : in[i - out.size()]) = known[graph.heads[i]];
}

bool merge_dtype(DType& into, const DType& from) {
  if (into == DType::kUnknown) into = from;
  return from == DType::kUnknown || into == from;
}

}  // namespace

Composed composed(ComposeFn expression, const void* params, size_t count, const std::string& prefix) {
  Composed result;
  std::vector<Value> values;
  for (size_t i = 0; i < count; ++i) {
    result.inputs.push_back({make_variable("input" + std::to_string(i))});
    values.push_back(to_value(result.inputs.back()));
  }
  GraphBuilder builder;
  builder.set_prefix(prefix);
  ComposeContext context{builder, params, values, {}};
  expression(context);
  for (const Value& value : context.out) result.outputs.push_back(to_entry(value));
  result.nodes = builder.nodes();
  return result;
}

void infer_composite_shapes(const OpDef& op, const void* params, std::span<Shape> in, std::span<Shape> out) {
  infer_on_expansion<Shape>(op, params, in, out, infer_shapes, unify, Shape());
}

void infer_composite_dtypes(const OpDef& op, const void* params, std::span<DType> in, std::span<DType> out) {
  infer_on_expansion<DType>(op, params, in, out, infer_dtypes, merge_dtype, DType::kUnknown);
}

std::vector<Entry> expand_composites(std::span<const Entry> heads) {
  const std::vector<Node*> order = topological_order(heads);
  std::unordered_map<const Node*, std::vector<Entry>> outputs;  // of the copies
  GraphBuilder builder;
  for (Node* node : order) {
    std::vector<Entry>& made = outputs[node];
    if (node->is_variable()) {
      made.push_back({node});
      continue;
    }
    std::vector<Entry> inputs;
    for (const Entry& input : node->inputs) inputs.push_back(outputs.at(input.node.get()).at(input.index));
    if (!is_composite(*node->op)) {
      auto copy = make_ref<Node>();
      copy->op = node->op, copy->params = node->params, copy->name = node->name, copy->attrs = node->attrs;
      copy->inputs = std::move(inputs);
      for (int i = 0; i < node->num_outputs(); ++i) made.push_back({copy, i});
      continue;
    }
    std::vector<Value> values;
    for (const Entry& input : inputs) values.push_back(to_value(input));
    builder.set_prefix(node->name + "_inner");
    const size_t before = builder.nodes().size();
    ComposeContext context{builder, node->params.data(), values, {}};
    node->op->compose_fn(context);
    MX_CHECK(static_cast<int>(context.out.size()) == node->num_outputs(), kInternal, "[", node->label(), "] composed ",
             context.out.size(), " outputs instead of ", node->num_outputs());
    for (const Value& value : context.out) made.push_back(to_entry(value));
    if (const auto group = node->attrs.find(kDeviceGroup); group != node->attrs.end())
      for (size_t i = before; i < builder.nodes().size(); ++i) builder.nodes()[i]->attrs.insert(*group);
    for (Entry& entry : made) {
      bool is_input = false;
      for (const Entry& input : inputs) is_input = is_input || input.node == entry.node;
      if (!is_input) entry.node->name = node->name;
    }
  }
  std::vector<Entry> result;
  for (const Entry& head : heads) {
    result.push_back(outputs.at(head.node.get()).at(head.index));
    result.back().version = head.version;
  }
  return result;
}

}  // namespace mx
