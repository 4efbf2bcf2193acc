// Values, and the back end of Builder that makes nodes.
#pragma once
#include <string>
#include <vector>

#include "graph/node.h"
#include "ndarray/ndarray.h"

namespace mx {

Value to_value(const Entry& entry);
Value to_value(const NDArrayRef& array);
Entry to_entry(const Value& value);
NDArray* to_array(const Value& value);

// The parameters to run `op` with: `params`, or the defaults when an operator that has some was called without any.
Params complete_params(const OpDef& op, Params params);

// Makes nodes. Composite operators are expanded at once.
class GraphBuilder final : public Builder {
 public:
  // New nodes are called <prefix>, <prefix>_1, <prefix>_2 ...
  void set_prefix(std::string prefix) { prefix_ = std::move(prefix), count_ = 0; }
  // The node on whose behalf new nodes are made.
  void set_origin(const Node* origin) { origin_ = origin; }
  std::vector<Value> invoke(const OpDef& op, std::span<const Value> inputs, Params params) override;
  // Every node made so far, in the order of making.
  const std::vector<Ref<Node>>& nodes() const { return nodes_; }
  const std::vector<const Node*>& origins() const { return origins_; }  // of each of them

 private:
  std::vector<Ref<Node>> nodes_;
  std::vector<const Node*> origins_;
  const Node* origin_ = nullptr;
  std::string prefix_;
  int count_ = 0;
};

}  // namespace mx
