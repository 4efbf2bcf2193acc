// What symbol files of older versions say differently.
#include "graph/json.h"

namespace mx {
namespace {

constexpr int kVersion0_9_0 = 900, kVersion0_9_4 = 904, kVersion0_9_5 = 905;

// "weight_lr_mult" on an operator speaks of its input "weight".
Node* annotated_input(const Node& node, std::string_view input) {
  if (!node.op) return nullptr;
  for (size_t i = 0; i < node.inputs.size() && i < node.op->inputs.size(); ++i)
    if (node.op->inputs[i].name == input && node.inputs[i].node->is_variable()) return node.inputs[i].node.get();
  return nullptr;
}

}  // namespace

void upgrade_attributes(Node& node, int version) {
  for (const char* hidden : hidden_keys()) {
    const std::string suffix = std::string("_") + hidden;
    for (auto it = node.attrs.begin(); it != node.attrs.end();) {
      const std::string& key = it->first;
      if (key == hidden) {
        node.attrs.emplace("__" + key + "__", it->second);
      } else if (Node* input = key.ends_with(suffix)
                                   ? annotated_input(node, std::string_view(key).substr(0, key.size() - suffix.size()))
                                   : nullptr) {
        input->attrs.emplace("_" + suffix + "__", it->second);
      } else {
        ++it;
        continue;
      }
      it = node.attrs.erase(it);
    }
  }
  if (!node.op) return;
  const auto axis = node.attrs.find("axis");
  if (version < kVersion0_9_5 && (node.op->name == "argmin" || node.op->name == "argmax") && axis != node.attrs.end() &&
      axis->second == "-1")
    node.attrs.erase(axis);
}

void upgrade_inputs(Node& node, int version) {
  if (!node.op) return;
  const size_t needed = static_cast<size_t>(node.op->count_inputs(node.params.data()));
  if (version < kVersion0_9_0) {
    while (node.inputs.size() < needed) {
      auto variable = make_variable(node.name + "_" + node.op->input_name(static_cast<int>(node.inputs.size())));
      variable->attrs = node.attrs;
      node.inputs.push_back({std::move(variable)});
    }
  }
  if (version < kVersion0_9_4) set_input_attrs(node);
}

}  // namespace mx
