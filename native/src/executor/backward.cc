// The way back along the tape.
#include <algorithm>
#include <cstring>

#include "device/copy.h"
#include "engine/threads.h"
#include "executor/autograd.h"
#include "executor/imperative.h"
#include "graph/gradient.h"

namespace mx::autograd {
namespace {

class ModeScope {
 public:
  ModeScope(bool recording, bool training) : previous_(mode()) { mode() = {recording, training}; }
  ~ModeScope() { mode() = previous_; }
  ModeScope(const ModeScope&) = delete;

 private:
  Mode previous_;
};

NDArrayRef make_zeros(const Shape& shape, DType dtype, Device device) {
  auto array = make_ref<NDArray>(shape, dtype, device);
  if (!device.is_cpu())
    device::fill_zeros(*array);
  else if (array->bytes())
    std::memset(array->data(), 0, array->bytes());
  return array;
}

// The array, or a copy of it on another device, which is recorded where the thread records.
NDArrayRef on_device(NDArray* array, Device device) {
  if (array->device() == device) return array;
  NDArrayRef outputs[] = {make_ref<NDArray>(array->shape, array->dtype, device)};
  const NoParam none;
  invoke(get_op("_copyto"), &none, nullptr, {&array, 1}, outputs);
  return outputs[0];
}

class TapeReversePass final : public ReversePass {
 public:
  TapeReversePass(EagerBuilder& builder, const BackwardOptions& options)
      : ReversePass(builder), builder_(builder), options_(options) {}

 protected:
  Value input(const Node& node, size_t i) override {
    return restore(node, "input", i, node.tape->inputs.at(i), node.inputs.at(i));
  }
  Value output(const Node& node, size_t i) override {
    return restore(node, "output", i, node.tape->outputs.at(i),
                   Entry{const_cast<Node*>(&node), static_cast<int32_t>(i)});
  }
  Value zeros(const Node& node, size_t output_index) override {
    const SavedArray& saved = node.tape->outputs.at(output_index);
    return to_value(make_zeros(saved.shape, saved.dtype, saved.chunk->device));
  }
  Value bring_home(const Node& node, size_t i, Value gradient) override {
    const Device device = node.tape->inputs.at(i).chunk->device;
    if (to_array(gradient)->device() == device) return gradient;
    return to_value(on_device(to_array(gradient), device));
  }
  void enter(const NodeGradient& context) override {
    engine::check_interrupt();
    builder_.set_wanted(context);
  }
  void leave(const Node& node) override {
    if (options_.retain_graph) return;
    node.tape->inputs.clear();  // memory comes free on the way
    node.tape->outputs.clear();
  }

 private:
  Value restore(const Node& node, const char* role, size_t i, const SavedArray& saved, const Entry& entry) const {
    MX_CHECK(saved.chunk->var.version() == saved.version, kValue, "[", node.label(), "] its ", role, " ", i,
             " of shape ", saved.shape,
             " was written after it was recorded, and the gradient needs the old value; write into a copy, or ",
             "write after backward");
    NDArrayRef array = saved.array();
    if (options_.create_graph && entry.node) array->tape = std::make_unique<TapePosition>(entry);
    return to_value(array);
  }

  EagerBuilder& builder_;
  const BackwardOptions& options_;
};

void store(const Value& value, const NDArrayRef& gradient, int request) {
  NDArray* result = to_array(value);
  if (request == MX_REQ_WRITE)
    return copy(result ? *result : *make_zeros(gradient->shape, gradient->dtype, {}), *gradient);
  if (!result) return;
  const NDArrayRef here = on_device(result, gradient->device());
  NDArray* const inputs[] = {gradient.get(), here.get()};
  NDArrayRef outputs[] = {gradient};
  const NoParam none;
  invoke(get_op("elemwise_add"), &none, nullptr, inputs, outputs);
}

// Takes the history away, so that what it held comes free even while arrays still point to it.
void forget(const std::vector<Node*>& nodes) {
  std::vector<Ref<Node>> alive(nodes.begin(), nodes.end());
  for (Node* node : nodes) {
    if (node->is_variable()) continue;
    node->tape->inputs.clear();
    node->tape->outputs.clear();
    node->tape->function = nullptr;
    node->tape->freed = true;
    node->inputs.clear();
  }
}

std::vector<Value> start(std::span<NDArray* const> heads, std::span<NDArray* const> given) {
  MX_CHECK(given.empty() || given.size() == heads.size(), kValue, "[backward] got ", given.size(),
           " head gradients for ", heads.size(), " heads");
  EagerBuilder builder;
  std::vector<Value> values;
  for (size_t i = 0; i < heads.size(); ++i) {
    if (given.empty() || !given[i]) {
      values.push_back(builder.call("ones_like", {to_value(detach(*heads[i]))}));
      continue;
    }
    MX_CHECK(given[i]->shape == heads[i]->shape, kValue, "[backward] head gradient ", i, " has shape ", given[i]->shape,
             ", but the head has shape ", heads[i]->shape);
    values.push_back(to_value(on_device(given[i], heads[i]->device())));
  }
  return values;
}

Entry entry_on_tape(const NDArray* array, const char* what) {
  const Entry* entry = array ? tape_entry(*array) : nullptr;
  MX_CHECK(entry, kValue, "[backward] ", what, " is not on the tape: call attach_grad() on the variables, and compute ",
           "under autograd.record()");
  return *entry;
}

}  // namespace

std::vector<NDArrayRef> backward(std::span<NDArray* const> heads, std::span<NDArray* const> head_gradients,
                                 std::span<NDArray* const> variables, const BackwardOptions& given) {
  BackwardOptions options = given;
  options.retain_graph = options.retain_graph || options.create_graph;
  std::vector<Entry> head_entries, wanted;
  for (const NDArray* head : heads) head_entries.push_back(entry_on_tape(head, "the array to differentiate"));
  MX_CHECK(!heads.empty(), kValue, "[backward] there is no array to differentiate");
  const std::vector<Node*> nodes = topological_order(head_entries);
  for (const Node* node : nodes)
    MX_CHECK(node->is_variable() || !node->tape->freed, kValue, "[", node->label(),
             "] its history is gone: an earlier backward passed here. Pass retain_graph=True to that one");
  for (const NDArray* variable : variables) wanted.push_back(entry_on_tape(variable, "a variable"));
  std::vector<Node*> marked;
  if (variables.empty()) {
    for (Node* node : nodes)
      if (node->is_variable()) marked.push_back(node), wanted.push_back({node});
  }

  std::vector<NDArrayRef> results;
  {
    const ModeScope scope(options.create_graph, options.train_mode);
    EagerBuilder builder;
    const std::vector<Value> gradients =
        TapeReversePass(builder, options).run(head_entries, start(heads, head_gradients), wanted);
    const auto is_callers = [&](const NDArray* array) {
      return std::find(head_gradients.begin(), head_gradients.end(), array) != head_gradients.end();
    };
    // A slope that is the same everywhere has no history; a backward from it shall find zeros, not an error.
    std::vector<Value> recorded(gradients.begin(), gradients.end());
    for (size_t i = 0; options.create_graph && i < variables.size(); ++i) {
      const NDArray* slope = to_array(gradients[i]);
      if (slope && tape_entry(*slope) && !is_callers(slope)) continue;
      const Value variable = to_value(NDArrayRef(variables[i]));
      const Value value = slope ? gradients[i] : builder.call("zeros_like", {variable});
      recorded[i] = builder.call("_identity_with_attr_like_rhs", {value, variable});
    }
    mode().recording = false;
    for (size_t i = 0; i < marked.size(); ++i) {
      store(gradients[i], marked[i]->tape->gradient, marked[i]->tape->request);
      marked[i]->tape->fresh = true;
    }
    for (size_t i = 0; i < variables.size(); ++i) {
      NDArrayRef result(to_array(recorded[i]));
      if (!result || is_callers(result.get())) {
        NDArrayRef fresh = make_zeros(variables[i]->shape, variables[i]->dtype, variables[i]->device());
        if (result) copy(*result, *fresh);
        result = fresh;
      }
      results.push_back(std::move(result));
    }
  }
  if (!options.retain_graph) forget(nodes);
  return results;
}

}  // namespace mx::autograd
