#include "executor/executor.h"

#include <cstring>
#include <iomanip>
#include <unordered_set>

#include "base/random.h"
#include "engine/threads.h"
#include "executor/workspace.h"

namespace mx {

Executor::Executor(const Symbol& symbol, Binding binding, bool reuse_memory)
    : binding_(std::move(binding)), output_names_(symbol.output_names()) {
  check(symbol);
  plan_ = compile(symbol, binding_, reuse_memory);
}

void Executor::check(const Symbol& symbol) const {
  const auto arguments = symbol.variables(Symbol::Variables::kArguments);
  const auto auxiliary = symbol.variables(Symbol::Variables::kAuxiliary);
  MX_CHECK(arguments.size() == binding_.arguments.size(), kValue, "[bind] got ", binding_.arguments.size(),
           " arrays for the ", arguments.size(), " arguments");
  MX_CHECK(auxiliary.size() == binding_.auxiliary.size(), kValue, "[bind] got ", binding_.auxiliary.size(),
           " arrays for the ", auxiliary.size(), " auxiliary states");
  std::unordered_set<std::string_view> names;
  for (const auto* list : {&arguments, &auxiliary})
    for (const Node* node : *list)
      MX_CHECK(names.insert(node->name).second, kValue, "[bind] two variables are called ", node->name,
               "; give each a name of its own, or use one variable twice");
  for (size_t i = 0; i < arguments.size(); ++i) {
    const NDArrayRef& argument = binding_.arguments[i];
    MX_CHECK(argument && argument->chunk, kValue, "[bind] the argument ", arguments[i]->name, " has no array");
    const int request = binding_.requests[i];
    MX_CHECK(request == MX_REQ_NULL || request == MX_REQ_WRITE || request == MX_REQ_ADD, kValue,
             "[bind] the gradient request of ", arguments[i]->name, " is ", request,
             "; it must be null (0), write (1) or add (3)");
    const NDArrayRef& gradient = binding_.gradients[i];
    if (request == MX_REQ_NULL) continue;
    MX_CHECK(gradient && gradient->chunk, kValue, "[bind] the gradient of ", arguments[i]->name,
             " is requested, but there is no array for it");
    MX_CHECK(gradient->shape == argument->shape, kValue, "[bind] the gradient of ", arguments[i]->name, " has shape ",
             gradient->shape, ", the argument ", argument->shape);
    MX_CHECK(gradient->dtype == argument->dtype, kType, "[bind] the gradient of ", arguments[i]->name, " has dtype ",
             gradient->dtype, ", the argument ", argument->dtype);
  }
  for (size_t i = 0; i < auxiliary.size(); ++i)
    MX_CHECK(binding_.auxiliary[i] && binding_.auxiliary[i]->chunk, kValue, "[bind] the auxiliary state ",
             auxiliary[i]->name, " has no array");
}

void Executor::run(Step& step, bool is_train) {
  engine::check_interrupt();
  const WorkspaceScope workspace;
  try {
    step.op->forward_fn(OpContext{.op = *step.op,
                                  .params = step.params.data(),
                                  .in = step.in,
                                  .out = step.out,
                                  .is_train = is_train,
                                  .random = step.op->random ? &generator(binding_.device) : nullptr,
                                  .state = &step.state});
  } catch (const Error& error) {
    throw with_node(error, *step.node);
  }
}

void Executor::run(Pass& pass, bool is_train, std::span<Var* const> more) {
  const engine::Computing computing;
  const Access::List all = more.empty() ? Access::List() : Access::prepare(pass.access, more);
  const Access access(more.empty() ? pass.access : all);
  for (const NDArrayRef& array : pass.zeros) std::memset(array->data(), 0, array->bytes());
  for (Step& step : pass.steps) run(step, is_train);
}

// Between the steps nothing is held: the callback may look at any array.
void Executor::run_monitored(Pass& pass, bool is_train) {
  const engine::Computing computing;
  for (Step& step : pass.steps) {
    if (monitor_inputs_) report_inputs(step);
    {
      const Access access(step.reads, step.writes);
      run(step, is_train);
    }
    const int visible = step.op->count_visible(step.params.data());
    for (int i = 0; i < visible; ++i) report(step.node->output_name(i), step.out[static_cast<size_t>(i)]);
  }
}

void Executor::report_inputs(const Step& step) const {
  for (size_t i = 0; i < step.in.size(); ++i) {
    const Node& from = *step.node->inputs[i].node;
    if (from.is_variable()) report(from.name, step.in[i]);
    report(step.node->name + "_" + step.op->input_name(static_cast<int>(i)), step.in[i]);
  }
}

void Executor::report(const std::string& name, const Tensor& tensor) const {
  if (!tensor.data) return;
  // A copy: the callback may keep the array, and later steps reuse the memory.
  auto array = make_ref<NDArray>(tensor.shape, tensor.dtype, binding_.device);
  std::memcpy(array->data(), tensor.data, tensor.bytes());
  monitor_(name.c_str(), reinterpret_cast<MXNDArrayHandle>(array.get()), monitor_context_);
}

void Executor::forward(bool is_train) {
  if (monitor_)
    run_monitored(plan_.forward, is_train);
  else
    run(plan_.forward, is_train);
  ran_forward_ = true;
}

void Executor::backward(std::span<NDArray* const> head_gradients, bool is_train) {
  MX_CHECK(ran_forward_, kValue,
           "[Executor.backward] there is nothing to differentiate yet: call forward(is_train=True) first");
  const size_t num_outputs = plan_.outputs.size();
  MX_CHECK(head_gradients.empty() || head_gradients.size() == num_outputs, kValue, "[Executor.backward] got ",
           head_gradients.size(), " head gradients for ", num_outputs, " outputs");
  std::vector<Var*> reads;
  for (size_t i = 0; i < num_outputs; ++i) {
    if (!plan_.needs_head[i]) continue;
    const NDArray* gradient = head_gradients.empty() ? nullptr : head_gradients[i];
    MX_CHECK(gradient && gradient->chunk, kValue, "[Executor.backward] output ", i, " (", output_names_[i],
             ") is not a loss, so its head gradient must be given: backward(out_grads=[...])");
    const NDArray& output = *plan_.outputs[i];
    MX_CHECK(gradient->shape == output.shape && gradient->dtype == output.dtype, kValue,
             "[Executor.backward] the head gradient of output ", i, " (", output_names_[i], ") has shape ",
             gradient->shape, " and dtype ", gradient->dtype, ", but the output has ", output.shape, " and ",
             output.dtype);
    reads.push_back(&gradient->chunk->var);
  }
  for (const Plan::HeadUse& use : plan_.head_uses)
    plan_.backward.steps[static_cast<size_t>(use.step)].in[static_cast<size_t>(use.input)].data =
        head_gradients[static_cast<size_t>(use.head)]->data();
  run(plan_.backward, is_train, reads);
}

std::string Executor::describe() const {
  std::ostringstream text;
  const auto list = [&](const std::vector<Tensor>& tensors) {
    for (size_t i = 0; i < tensors.size(); ++i)
      text << (i ? ", " : "") << tensors[i].shape << (tensors[i].data ? "" : " unused");
  };
  const auto steps = [&](const char* title, const std::vector<Step>& all) {
    text << title << ": " << all.size() << " steps\n";
    for (size_t i = 0; i < all.size(); ++i) {
      text << std::setw(5) << i << "  " << all[i].node->label() << ": ";
      list(all[i].in);
      text << " -> ";
      list(all[i].out);
      bool in_place = false;
      for (const Tensor& in : all[i].in)
        for (const Tensor& out : all[i].out) in_place = in_place || (in.data && in.data == out.data);
      text << (in_place ? "  in place\n" : "\n");
    }
  };
  steps("forward", plan_.forward.steps);
  steps("backward", plan_.backward.steps);
  size_t outputs = 0;
  for (const NDArrayRef& output : plan_.outputs) outputs += output->bytes();
  text << "memory: " << plan_.memory.total << " bytes for intermediate results (" << plan_.memory.wanted
       << " without reuse, " << plan_.memory.in_place << " results in place), " << outputs << " bytes for outputs\n";
  return text.str();
}

}  // namespace mx
