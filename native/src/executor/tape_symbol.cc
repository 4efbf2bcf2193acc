// The tape as a symbol.
#include <algorithm>
#include <map>
#include <tuple>

#include "executor/autograd.h"

namespace mx::autograd {

SymbolRef get_symbol(const NDArray& array) {
  const Entry* entry = tape_entry(array);
  MX_CHECK(entry, kValue, "[get_symbol] the array is not the result of recorded work");
  const Entry head = *entry;
  std::unordered_map<const Node*, Ref<Node>> copies;
  std::map<std::tuple<const Chunk*, size_t, int64_t>, Ref<Node>> constants;
  std::map<std::string, int> counters;
  int num_variables = 0;
  for (Node* node : topological_order({&head, 1})) {
    if (node->is_variable()) {
      copies[node] = make_variable("var" + std::to_string(num_variables++));
      continue;
    }
    MX_CHECK(!node->tape->freed, kValue,
             "[get_symbol] the history is gone: a backward without retain_graph passed here");
    MX_CHECK(node->op->id >= 0, kUnsupported, "[get_symbol] a Function written in Python is no part of a symbol");
    auto copy = make_ref<Node>();
    copy->op = node->op, copy->params = node->params, copy->attrs = node->params.format();
    std::string hint = node->op->name;
    std::transform(hint.begin(), hint.end(), hint.begin(), [](unsigned char c) { return std::tolower(c); });
    copy->name = hint + std::to_string(counters[hint]++);
    for (size_t i = 0; i < node->inputs.size(); ++i) {
      const Entry& input = node->inputs[i];
      if (input.node) {
        copy->inputs.push_back({copies.at(input.node.get()), input.index});
        continue;
      }
      const SavedArray& saved = node->tape->inputs[i];
      Ref<Node>& constant = constants[{saved.chunk.get(), saved.byte_offset, saved.shape.size()}];
      if (!constant) constant = make_variable("var" + std::to_string(num_variables++));
      copy->inputs.push_back({constant});
    }
    copies[node] = std::move(copy);
  }
  return make_ref<Symbol>(std::vector<Entry>{{copies.at(head.node.get()), head.index}});
}

}  // namespace mx::autograd
