#include "graph/second_gradient.h"

#include "graph/builder.h"
#include "graph/compose.h"
#include "graph/gradient.h"
#include "mx/op/elementwise.h"

namespace mx {

void second_gradient(GradientContext& g, size_t count, ComposeFn expression) {
  const Composed graph = composed(expression, g.params().data(), count);
  const std::vector<Entry>& inputs = graph.inputs;
  const GraphGradients first = build_gradients(std::span(graph.outputs).first(1), inputs);

  std::unordered_map<const Node*, std::vector<Value>> known;  // outputs of the nodes
  const Entry& head = first.head_gradients.at(0);
  known[head.node.get()] = {g.input(0)};
  for (size_t i = 0; i < count && i + 1 < g.num_inputs(); ++i) known[inputs[i].node.get()] = {g.input(i + 1)};

  std::vector<Entry> heads, wanted = {head};
  std::vector<size_t> places;
  for (size_t i = 0; i < g.num_outputs(); ++i) {
    if (!g.has_head(i) || !first.gradients.at(i).node) continue;
    heads.push_back(first.gradients[i]);
    places.push_back(i);
  }
  wanted.insert(wanted.end(), inputs.begin(), inputs.end());
  const GraphGradients second = build_gradients(heads, wanted);
  for (size_t k = 0; k < heads.size(); ++k) known[second.head_gradients[k].node.get()] = {g.head(places[k])};

  std::vector<Entry> needed;
  for (size_t i = 0; i < wanted.size(); ++i)
    if (second.gradients[i].node && i < g.num_inputs() && g.wants(i)) needed.push_back(second.gradients[i]);
  for (const Node* node : topological_order(needed)) {
    if (node->is_variable()) continue;
    std::vector<Value> in;
    for (const Entry& input : node->inputs)
      in.push_back(known.at(input.node.get()).at(static_cast<size_t>(input.index)));
    known[node] = g.builder().invoke(*node->op, in, node->params);
  }
  for (size_t i = 0; i < wanted.size() && i < g.num_inputs(); ++i) {
    const Entry& gradient = second.gradients[i];
    if (gradient.node && g.wants(i)) g.set(i, known.at(gradient.node.get()).at(static_cast<size_t>(gradient.index)));
  }
}

Value call_with(ComposeContext& c, const char* op, std::initializer_list<Value> inputs, const AttrMap& params) {
  const OpDef& def = get_op(op);
  return c.builder.call(op, inputs, Params::parse(def.param_struct(), params, def.name));
}

Value along_axis(ComposeContext& c, const char* op, const Value& x, const Value& vector, int axis) {
  if (axis == -1) return c.call(op, {x, vector});
  const AttrMap axes = {{"dim1", std::to_string(axis)}, {"dim2", "-1"}};
  return call_with(c, "SwapAxis", {c.call(op, {call_with(c, "SwapAxis", {x}, axes), vector})}, axes);
}

Value normalized(ComposeContext& c, const Value& x, AttrMap axes, double eps) {
  axes["keepdims"] = "True";
  const Value apart = c.call("broadcast_sub", {x, call_with(c, "mean", {x}, axes)});
  const Value variance = call_with(c, "mean", {c.call("square", {apart})}, axes);
  const Value scale = c.call("rsqrt", {c.call("_plus_scalar", {variance}, ScalarParam{eps, false})});
  return c.call("broadcast_mul", {apart, scale});
}

}  // namespace mx
