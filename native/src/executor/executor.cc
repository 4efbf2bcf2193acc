#include "executor/executor.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <unordered_set>

#include "base/random.h"
#include "device/copy.h"
#include "device/scope.h"
#include "engine/threads.h"
#include "executor/workspace.h"
#include "mx/op/strided.h"

namespace mx {

PlanOptions Executor::default_options() {
  const char* const text = std::getenv("MX_GRAPH_OPTIMIZE");
  return {.optimize = !text || std::string_view(text) != "0"};
}

Executor::Executor(const Symbol& symbol, Binding binding, const PlanOptions& options)
    : binding_(std::move(binding)), output_names_(symbol.output_names()), options_(options) {
  check(symbol);
  if (!binding_.groups.empty()) options_.optimize = false;  // the passes join steps wherever they run
  plan_ = compile(symbol, binding_, options_);
  for (const Place& place : plan_.places) generators_.push_back(&generator(place.device));
  if (options_.optimize) symbol_ = deep_copy(symbol);
}

// Whether forward(false) may run a plan of its own. Where a backward may follow, the general plan must be able to
// repeat the forward work, with the same result and nothing else.
bool Executor::uses_inference_plan() {
  if (!options_.optimize || monitor_) return false;
  if (!inference_) {
    inference_ = compile(*symbol_, binding_, {options_.reuse, true, &plan_});
    const Ref<Chunk>& arena = inference_->places[0].arena;
    if (arena != plan_.places[0].arena) plan_.move_to(arena);
  }
  if (plan_.backward.steps.empty()) return true;
  return std::all_of(inference_->forward.steps.begin(), inference_->forward.steps.end(), [](const Step& step) {
    return !step.op->random && (step.op->mutable_inputs.empty() || step.op->train_mode);
  });
}

// With device groups arrays may lie anywhere.
void Executor::check_device(const char* what, const Node& node, const NDArray& array) const {
  MX_CHECK(!binding_.groups.empty() || array.device() == binding_.device, kValue, "[bind] ", what, node.name,
           " lies on ", array.device().name(), ", but the context is ", binding_.device.name(),
           "; copy it there with as_in_context(), or give group2ctx");
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
    check_device("the argument ", *arguments[i], *argument);
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
    check_device("the gradient of ", *arguments[i], *gradient);
  }
  for (size_t i = 0; i < auxiliary.size(); ++i) {
    MX_CHECK(binding_.auxiliary[i] && binding_.auxiliary[i]->chunk, kValue, "[bind] the auxiliary state ",
             auxiliary[i]->name, " has no array");
    check_device("the auxiliary state ", *auxiliary[i], *binding_.auxiliary[i]);
  }
}

void Executor::run(Step& step, bool is_train, const Generators& random) {
  if (!step.brief) engine::check_interrupt();
  const OpContext context{.op = *step.op,
                          .params = step.params.data(),
                          .in = step.in,
                          .out = step.out,
                          .is_train = is_train,
                          .random = step.op->random ? random[step.place] : nullptr,
                          .state = &step.state,
                          .chunks = step.chunks};
  if (step.target) return device::copy(*step.source, *step.target);  // its errors are those of earlier steps
  try {
    const Device device = plan_.places[step.place].device;
    if (!device.is_cpu()) {
      const device::Scope scope(step.op->name.c_str(), device, step.reads, step.writes);
      return device::forward(context);
    }
    const WorkspaceScope workspace;
    step.op->forward_fn(context);
  } catch (const Error& error) {
    throw with_node(error, *step.node);
  }
}

void Executor::run(Pass& pass, bool is_train, const Generators& random, std::span<NDArray* const> more) {
  const engine::Computing computing;
  std::vector<Var*> reads;
  for (const NDArray* array : more) reads.push_back(&array->chunk->var);
  const Access::List all = more.empty() ? Access::List() : Access::prepare(pass.access, reads);
  const Access access(more.empty() ? pass.access : all);
  const device::Reading heads(more);  // the steps know their own arrays, but not those given now
  for (const NDArrayRef& array : pass.zeros) {
    if (array->device().is_cpu())
      std::memset(array->data(), 0, array->bytes());
    else
      device::fill_zeros(*array);
  }
  for (Step& step : pass.steps) run(step, is_train, random);
}

// Between the steps nothing is held: the callback may look at any array.
void Executor::run_monitored(Pass& pass, bool is_train) {
  const engine::Computing computing;
  for (Step& step : pass.steps) {
    if (monitor_inputs_ && !step.inserted) report_inputs(step);
    {
      const Access access(step.reads, step.writes);
      run(step, is_train, generators_);
    }
    if (step.inserted) continue;
    const int visible = step.op->count_visible(step.params.data());
    const Device device = plan_.places[step.place].device;
    for (int i = 0; i < visible; ++i) report(step, step.node->output_name(i), step.out[static_cast<size_t>(i)], device);
  }
}

void Executor::report_inputs(const Step& step) const {
  for (size_t i = 0; i < step.in.size(); ++i) {
    const Node& from = *step.node->inputs[i].node;
    const Device device = step.source ? step.source->device() : plan_.places[step.place].device;
    if (from.is_variable()) report(step, from.name, step.in[i], device);
    report(step, step.node->name + "_" + step.op->input_name(static_cast<int>(i)), step.in[i], device);
  }
}

void Executor::report(const Step& step, const std::string& name, const Tensor& tensor, Device device) const {
  if (!tensor.data) return;
  // A copy: the callback may keep the array, and later steps reuse the memory.
  auto array = make_ref<NDArray>(tensor.shape, tensor.dtype, device);
  std::vector<Var*> reads = step.reads;
  reads.insert(reads.end(), step.writes.begin(), step.writes.end());
  std::optional<Access> access(std::in_place, reads, std::span<Var* const>());
  if (!device.is_cpu()) {
    Var* const writes[] = {&array->chunk->var};
    const device::Scope scope("monitor", device, reads, writes);
    copy_flat(tensor, array->tensor());
  } else if (tensor.format == Format::kPlain) {
    std::memcpy(array->data(), tensor.data, tensor.bytes());
  } else {
    const OpDef& op = get_op("_reorder");
    const Tensor out = array->tensor();
    const WorkspaceScope workspace;
    op.forward_fn(OpContext{.op = op, .in = {&tensor, 1}, .out = {&out, 1}});
  }
  access.reset();  // the callback may look at any array
  monitor_(name.c_str(), reinterpret_cast<MXNDArrayHandle>(array.get()), monitor_context_);
}

void Executor::forward(bool is_train) {
  must_repeat_ = !is_train && uses_inference_plan();
  last_is_train_ = is_train;
  if (plan_.draws) {
    random_.clear();
    for (const PhiloxGenerator* random : generators_) random_.emplace_back(*random);
  }
  if (monitor_)
    run_monitored(plan_.forward, is_train);
  else
    run(must_repeat_ ? inference_->forward : plan_.forward, is_train, generators_);
  ran_forward_ = true;
}

// The same results once more, from the same random numbers; running statistics stay as they are.
void Executor::repeat_forward() {
  std::vector<NDArrayRef> before;
  for (const NDArrayRef& array : binding_.auxiliary) {
    before.push_back(make_ref<NDArray>(array->shape, array->dtype, array->device()));
    copy(*array, *before.back());
  }
  std::deque<PhiloxGenerator> random = random_;
  Generators generators;
  for (PhiloxGenerator& each : random) generators.push_back(&each);
  run(plan_.forward, last_is_train_, plan_.draws ? generators : generators_);
  for (size_t i = 0; i < before.size(); ++i) copy(*before[i], *binding_.auxiliary[i]);
}

void Executor::backward(std::span<NDArray* const> head_gradients, bool is_train) {
  MX_CHECK(ran_forward_, kValue,
           "[Executor.backward] there is nothing to differentiate yet: call forward(is_train=True) first");
  const size_t num_outputs = plan_.outputs.size();
  MX_CHECK(head_gradients.empty() || head_gradients.size() == num_outputs, kValue, "[Executor.backward] got ",
           head_gradients.size(), " head gradients for ", num_outputs, " outputs");
  std::vector<NDArrayRef> heads(num_outputs);
  std::vector<NDArray*> reads;
  for (size_t i = 0; i < num_outputs; ++i) {
    if (!plan_.needs_head[i]) continue;
    NDArray* gradient = head_gradients.empty() ? nullptr : head_gradients[i];
    MX_CHECK(gradient && gradient->chunk, kValue, "[Executor.backward] output ", i, " (", output_names_[i],
             ") is not a loss, so its head gradient must be given: backward(out_grads=[...])");
    const NDArray& output = *plan_.outputs[i];
    MX_CHECK(gradient->shape == output.shape && gradient->dtype == output.dtype, kValue,
             "[Executor.backward] the head gradient of output ", i, " (", output_names_[i], ") has shape ",
             gradient->shape, " and dtype ", gradient->dtype, ", but the output has ", output.shape, " and ",
             output.dtype);
    heads[i] = gradient;
    if (!gradient->device().shares_memory(output.device())) {
      heads[i] = make_ref<NDArray>(output.shape, output.dtype, output.device());
      copy(*gradient, *heads[i]);
    }
    reads.push_back(heads[i].get());
  }
  if (must_repeat_ && !plan_.backward.steps.empty()) repeat_forward();
  must_repeat_ = plan_.backward_consumes;
  for (const Plan::HeadUse& use : plan_.head_uses) {
    Step& step = plan_.backward.steps[static_cast<size_t>(use.step)];
    const NDArrayRef& head = heads[static_cast<size_t>(use.head)];
    step.in[static_cast<size_t>(use.input)].data = head->data();
    if (step.target) step.source = head;
  }
  run(plan_.backward, is_train, generators_, reads);
}

std::string Executor::describe() const {
  std::string text;
  const auto list = [&](const std::vector<Tensor>& tensors) {
    for (size_t i = 0; i < tensors.size(); ++i)
      text += str(i ? ", " : "", tensors[i].shape, tensors[i].format == Format::kPlain ? "" : " channels-last",
                  tensors[i].data ? "" : " unused");
  };
  const auto steps = [&](const char* title, const std::vector<Step>& all) {
    text += str(title, ": ", all.size(), " steps\n");
    for (size_t i = 0; i < all.size(); ++i) {
      const std::string number = str(i);
      text +=
          str(std::string(number.size() < 5 ? 5 - number.size() : 0, ' '), number, "  ", all[i].node->label(), ": ");
      list(all[i].in);
      text += " -> ";
      list(all[i].out);
      bool in_place = false;
      for (const Tensor& in : all[i].in)
        for (const Tensor& out : all[i].out) in_place = in_place || (in.data && in.data == out.data);
      text += in_place ? "  in place" : "";
      if (plan_.places.size() > 1) text += "  on " + plan_.places[all[i].place].device.name();
      text += "\n";
    }
  };
  steps("forward", plan_.forward.steps);
  steps("backward", plan_.backward.steps);
  if (inference_) steps("inference", inference_->forward.steps);
  size_t outputs = 0;
  for (const NDArrayRef& output : plan_.outputs) outputs += output->bytes();
  return text + str("memory: ", plan_.memory.total, " bytes for intermediate results (", plan_.memory.wanted,
                    " without reuse, ", plan_.memory.in_place, " results in place), ", outputs, " bytes for outputs\n",
                    "Total ", (plan_.memory.total + outputs) >> 20, " MB allocated\n");
}

}  // namespace mx
