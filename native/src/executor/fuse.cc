#include "executor/fuse.h"

#include <numeric>

#include "op/nn/fused_activation.h"
#include "op/nn/fused_convolution.h"
#include "op/nn/fused_fully_connected.h"
#include "op/onednn/onednn.h"

namespace mx {
namespace {

// A node whose inputs have been rewritten already, offered to the rule of its operator.
struct Candidate {
  const Node& node;
  std::span<const DType> dtypes;  // of the inputs
  const std::vector<bool>& sole;  // by input: nobody else uses what stands there
  bool only_first;                // output 0 is the only one that anybody uses

  // The node that makes input i, if it is this operator and may be absorbed.
  const Node* absorbable(size_t i, std::string_view op) const {
    const Entry& entry = node.inputs[i];
    return sole[i] && entry.index == 0 && !entry.node->is_variable() && entry.node->op->name == op ? entry.node.get()
                                                                                                   : nullptr;
  }
};

// What takes the place of output 0; no node where the rule does not apply.
using Rule = Entry (*)(const Candidate&);

Entry make(const Candidate& c, const char* op, Params params, std::vector<Entry> inputs) {
  auto node = make_ref<Node>();
  node->op = &get_op(op);
  node->params = std::move(params);
  node->name = c.node.name;
  node->inputs = std::move(inputs);
  return {node, 0};
}

Entry make(const Candidate& c, FusedConvolutionParam params, std::vector<Entry> inputs) {
  const char* const op = params.add ? "_fused_convolution_add" : "_fused_convolution";
  return make(c, op, Params::of(std::move(params)), std::move(inputs));
}

bool is_packable(DType dtype) { return dtype == DType::kFloat32 || is_half(dtype); }

Entry convolution(const Candidate& c) {
  if (!is_packable(c.dtypes[0])) return {};
  return make(c, {.convolution = c.node.params.as<ConvolutionParam>()}, c.node.inputs);
}

Entry fully_connected(const Candidate& c) {
  if (!is_packable(c.dtypes[0])) return {};
  const FusedFullyConnectedParam params = {.linear = c.node.params.as<FullyConnectedParam>()};
  return make(c, "_fused_fully_connected", Params::of(params), c.node.inputs);
}

Entry batch_norm(const Candidate& c) {
  const Node* from = c.absorbable(0, "_fused_convolution");
  if (!from || !c.only_first) return {};
  auto params = from->params.as<FusedConvolutionParam>();
  const auto& norm = c.node.params.as<BatchNormParam>();
  const bool last = params.convolution.layout && channels_last(*params.convolution.layout);
  const int rank = params.convolution.kernel.ndim + 2, axis = norm.axis < 0 ? norm.axis + rank : norm.axis;
  if (params.batch_norm || params.activation || axis != (last ? rank - 1 : 1)) return {};
  params.batch_norm = norm;
  std::vector<Entry> inputs = from->inputs;
  inputs.insert(inputs.end(), c.node.inputs.begin() + 1, c.node.inputs.end());
  return make(c, std::move(params), std::move(inputs));
}

// The later one of two convolutions takes the other's result.
Entry add(const Candidate& c) {
  if (c.node.inputs.size() != 2) return {};
  for (const size_t i : {1, 0}) {
    const Node* from = c.absorbable(i, "_fused_convolution");
    const DType dtype = c.dtypes[i];
    if (!from || from->params.as<FusedConvolutionParam>().activation || c.dtypes[1 - i] != dtype) continue;
    // oneDNN adds to what the result holds, so it must compute in the type of the result.
    const std::string_view op = c.node.op->name;
    if (onednn::compute_type(dtype, op) != onednn::type_of(dtype, op)) return {};
    auto params = from->params.as<FusedConvolutionParam>();
    params.add = true;
    std::vector<Entry> inputs = from->inputs;
    inputs.insert(inputs.begin() + 1, c.node.inputs[1 - i]);
    return make(c, std::move(params), std::move(inputs));
  }
  return {};
}

Entry activate(const Candidate& c, ActivationParam::Type type) {
  if (!can_fuse(type)) return {};
  for (const char* op : {"_fused_convolution", "_fused_convolution_add"}) {
    const Node* from = c.absorbable(0, op);
    if (!from || from->params.as<FusedConvolutionParam>().activation) continue;
    auto params = from->params.as<FusedConvolutionParam>();
    params.activation = type;
    return make(c, std::move(params), from->inputs);
  }
  const Node* from = c.absorbable(0, "_fused_fully_connected");
  if (!from || from->params.as<FusedFullyConnectedParam>().activation) return {};
  auto params = from->params.as<FusedFullyConnectedParam>();
  params.activation = type;
  return make(c, "_fused_fully_connected", Params::of(std::move(params)), from->inputs);
}

Entry activation(const Candidate& c) { return activate(c, c.node.params.as<ActivationParam>().act_type); }
Entry relu(const Candidate& c) { return activate(c, ActivationParam::kRelu); }

// The largest of the activations is the activation of the largest: there are fewer of them after the pooling.
Entry pooling(const Candidate& c) {
  const AttrMap params = c.node.params.format();
  const bool whole = params.at("global_pool") == "True";
  const auto unpadded = [](const std::string& pad) { return pad.find_first_not_of("(0, )") == std::string::npos; };
  if (params.at("pool_type") != "max") return {};
  if (!whole && (!unpadded(params.at("pad")) || params.at("pooling_convention") != "valid")) return {};
  const Node* from = c.absorbable(0, "_fused_convolution");
  if (!from || !c.only_first) return {};
  auto convolution = from->params.as<FusedConvolutionParam>();
  // Convolutions compute relu in passing.
  if (!convolution.activation || *convolution.activation == ActivationParam::kRelu) return {};
  const ActivationParam activation = {*convolution.activation};
  convolution.activation.reset();
  const Entry largest = make(c, "Pooling", c.node.params, {make(c, std::move(convolution), from->inputs)});
  return make(c, "Activation", Params::of(activation), {largest});
}

Entry sigmoid(const Candidate& c) { return activate(c, ActivationParam::kSigmoid); }
Entry tanh(const Candidate& c) { return activate(c, ActivationParam::kTanh); }

Entry identity(const Candidate& c) { return c.node.inputs[0]; }

Entry dropout(const Candidate& c) {
  const AttrMap params = c.node.params.format();
  return params.at("mode") == "training" && c.only_first ? c.node.inputs[0] : Entry();
}

Entry leaky_relu(const Candidate& c) {
  return c.only_first ? make(c, "_fixed_leaky_relu", c.node.params, c.node.inputs) : Entry();
}

struct Named {
  const char* op;
  Rule rule;
  bool everywhere = true;  // or on the CPU alone
};
constexpr Named kRules[] = {{"Activation", activation},
                            {"BatchNorm", batch_norm, false},
                            {"BlockGrad", identity},
                            {"Convolution", convolution, false},
                            {"Dropout", dropout},
                            {"FullyConnected", fully_connected},
                            {"LeakyReLU", leaky_relu},
                            {"Pooling", pooling, false},
                            {"_copy", identity},
                            {"elemwise_add", add, false},
                            {"relu", relu},
                            {"sigmoid", sigmoid},
                            {"tanh", tanh}};

Rule rule_of(const OpDef& op, bool on_cpu) {
  for (const Named& named : kRules)
    if (op.name == named.op && (on_cpu || named.everywhere)) return named.rule;
  return nullptr;
}

}  // namespace

std::vector<Entry> fuse(std::span<const Entry> heads, const std::vector<DType>& dtypes, bool on_cpu) {
  const IndexedGraph graph(heads);
  const std::vector<Ref<Node>> alive(graph.nodes.begin(), graph.nodes.end());  // while others take their places
  std::vector<int> uses(graph.num_entries());
  for (const int entry : graph.inputs) ++uses[entry];
  std::vector<bool> is_head(graph.num_entries());
  for (const int entry : graph.heads) ++uses[entry], is_head[entry] = true;
  std::vector<Entry> replaced(graph.num_entries());  // no node: as before
  std::vector<int> root(graph.num_entries());        // an entry that is passed on unchanged is one with its source
  std::iota(root.begin(), root.end(), 0);
  const auto current = [&](const Entry& entry, int id) { return replaced[id].node ? replaced[id] : entry; };

  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    Node& node = *graph.nodes[n];
    if (node.is_variable()) continue;
    const auto inputs = graph.inputs_of(static_cast<int>(n));
    std::vector<DType> types;
    std::vector<bool> sole;
    for (size_t i = 0; i < inputs.size(); ++i) {
      node.inputs[i] = current(node.inputs[i], inputs[i]);
      types.push_back(dtypes[inputs[i]]);
      sole.push_back(uses[root[inputs[i]]] == 1);
    }
    const Rule rule = rule_of(*node.op, on_cpu);
    if (!rule) continue;
    const int first = graph.first_entry[n];
    bool only_first = true;
    for (int entry = first + 1; entry < graph.first_entry[n + 1]; ++entry) only_first = only_first && uses[entry] == 0;
    if (rule == identity || rule == dropout) {
      if (is_head[first]) continue;  // an output has an array of its own
      replaced[first] = rule({node, types, sole, only_first});
      if (!replaced[first].node) continue;
      root[first] = root[inputs[0]];
      uses[root[first]] += uses[first] - 1;  // who used the output uses the input now
      continue;
    }
    replaced[first] = rule({node, types, sole, only_first});
  }
  std::vector<Entry> result;
  for (size_t i = 0; i < heads.size(); ++i) result.push_back(current(heads[i], graph.heads[i]));
  return result;
}

}  // namespace mx
