#include "graph/builder.h"

#include "graph/compose.h"

namespace mx {
namespace {

template <class T>
T* retained(T* object) {
  if (object) object->retain();
  return object;
}

}  // namespace

Value::Value() = default;
Value::Value(const Value& other)
    : node(retained(other.node)), array(retained(other.array)), index(other.index), version(other.version) {}
Value::Value(Value&& other) noexcept
    : node(std::exchange(other.node, nullptr)),
      array(std::exchange(other.array, nullptr)),
      index(other.index),
      version(other.version) {}
Value& Value::operator=(Value other) noexcept {
  std::swap(node, other.node);
  std::swap(array, other.array);
  std::swap(index, other.index);
  std::swap(version, other.version);
  return *this;
}
Value::~Value() {
  if (node) node->release();
  if (array) array->release();
}

Value to_value(const Entry& entry) {
  Value value;
  value.node = retained(static_cast<RefCounted*>(entry.node.get()));
  value.index = entry.index;
  value.version = entry.version;
  return value;
}

Value to_value(const NDArrayRef& array) {
  Value value;
  value.array = retained(static_cast<RefCounted*>(array.get()));
  return value;
}

Entry to_entry(const Value& value) { return {static_cast<Node*>(value.node), value.index, value.version}; }

NDArray* to_array(const Value& value) { return static_cast<NDArray*>(value.array); }

Params complete_params(const OpDef& op, Params params) {
  const ParamsType& type = op.param_struct();
  if (params.type() == &type) return params;
  MX_CHECK(!params.type() || params.type()->fields.empty(), kInternal, "[", op.name,
           "] was called by another operator with parameters of another type (", params.type()->names(), ")");
  return Params::parse(type, {}, op.name);
}

std::vector<Value> GraphBuilder::invoke(const OpDef& op, std::span<const Value> inputs, Params params) {
  params = complete_params(op, std::move(params));
  if (is_composite(op)) {
    ComposeContext context{*this, params.data(), inputs, {}};
    op.compose_fn(context);
    return std::move(context.out);
  }
  auto node = make_ref<Node>();
  node->op = &op;
  node->params = std::move(params);
  node->name = count_ == 0 ? prefix_ : prefix_ + "_" + std::to_string(count_);
  ++count_;
  node->inputs.reserve(inputs.size());
  for (const Value& input : inputs) {
    MX_CHECK(input.node, kInternal, "[", node->label(), "] got an input that is no node of the graph");
    node->inputs.push_back(to_entry(input));
  }
  const int expected = op.count_inputs(node->params.data());
  MX_CHECK(expected == static_cast<int>(inputs.size()), kInternal, "[", node->label(), "] got ", inputs.size(),
           " inputs, but it needs ", expected);
  nodes_.push_back(node);
  origins_.push_back(origin_);
  std::vector<Value> outputs;
  for (int i = 0; i < node->num_outputs(); ++i) outputs.push_back(to_value(Entry{node, i}));
  return outputs;
}

}  // namespace mx
