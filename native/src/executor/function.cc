// Users' functions on the tape.
#include "executor/autograd.h"
#include "graph/builder.h"
#include "graph/gradient.h"

namespace mx::autograd {
namespace {

struct FunctionParam {
  int32_t num_inputs = 0, num_outputs = 0;
  static void fields(auto&) {}
};

void function_gradient(GradientContext& context) {
  const Node& node = static_cast<NodeGradient&>(context).node();
  const UserFunction& function = node.tape->function->function;
  std::vector<Value> heads;
  std::vector<MXNDArrayHandle> outputs, inputs(context.num_inputs());
  for (size_t i = 0; i < context.num_outputs(); ++i) {
    heads.push_back(context.head(i));
    outputs.push_back(reinterpret_cast<MXNDArrayHandle>(to_array(heads.back())));
  }
  char message[4096] = "";
  const int status = function.callback(function.context, outputs.data(), static_cast<int>(outputs.size()),
                                       inputs.data(), static_cast<int>(inputs.size()), message, sizeof message);
  std::vector<NDArrayRef> gradients;  // owned from here on, whatever happens
  for (MXNDArrayHandle handle : inputs) {
    gradients.emplace_back(reinterpret_cast<NDArray*>(handle));
    if (handle) gradients.back()->release();
  }
  MX_CHECK(status == 0, kValue, "[Function.backward] ", message);
  for (size_t i = 0; i < gradients.size(); ++i) {
    if (!gradients[i]) continue;
    const Shape& expected = node.tape->inputs.at(i).shape;
    MX_CHECK(gradients[i]->shape == expected, kValue, "[Function.backward] the gradient of input ", i, " has shape ",
             gradients[i]->shape, ", but the input has shape ", expected);
    context.set(i, to_value(gradients[i]));
  }
}

const OpDef& function_op() {
  static const OpDef* const op = [] {
    auto* def = new OpDef;
    def->name = "Function";
    def->params<FunctionParam>().hidden();
    def->num_inputs([](const void* params) { return static_cast<const FunctionParam*>(params)->num_inputs; });
    def->num_outputs([](const void* params) { return static_cast<const FunctionParam*>(params)->num_outputs; });
    def->gradient(function_gradient);
    return def;
  }();
  return *op;
}

}  // namespace

void record_function(std::span<NDArray* const> inputs, std::span<const NDArrayRef> outputs,
                     const UserFunction& function) {
  const OpDef& op = function_op();
  if (!must_record(op, inputs, outputs)) {
    if (function.release) function.release(function.context);
    return;
  }
  std::vector<uint64_t> versions;
  for (const NDArray* input : inputs) versions.push_back(input->version());
  auto owner = std::make_unique<FunctionOwner>(function);
  record(op, Params::of(FunctionParam{static_cast<int32_t>(inputs.size()), static_cast<int32_t>(outputs.size())}),
         inputs, versions, outputs);
  tape_entry(*outputs[0])->node->tape->function = std::move(owner);
}

}  // namespace mx::autograd
