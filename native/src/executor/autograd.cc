#include "executor/autograd.h"

#include <algorithm>

namespace mx::autograd {
namespace {

void put_on_tape(Ref<Node> node, std::span<NDArray* const> inputs, std::span<const uint64_t> versions,
                 std::span<const NDArrayRef> outputs) {
  TapeRecord& record = *node->tape;
  node->inputs.reserve(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Entry* entry = tape_entry(*inputs[i]);
    node->inputs.push_back(entry ? *entry : Entry());
    record.inputs.emplace_back(*inputs[i], versions[i]);
  }
  record.outputs.reserve(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    record.outputs.emplace_back(*outputs[i], outputs[i]->version());
    outputs[i]->tape = std::make_unique<TapePosition>(Entry{node, static_cast<int32_t>(i)});
  }
}

}  // namespace

bool must_record(const OpDef& op, std::span<NDArray* const> inputs, std::span<const NDArrayRef> outputs) {
  for (const NDArrayRef& output : outputs)
    MX_CHECK(!output || !output->tape, kValue, "[", op.name,
             "] cannot write into an array that is a marked variable or the ",
             "result of recorded work while recording; make a new array, or do it under autograd.pause()");
  return std::any_of(inputs.begin(), inputs.end(), [](const NDArray* input) { return input->tape != nullptr; });
}

void record(const OpDef& op, Params params, std::span<NDArray* const> inputs, std::span<const uint64_t> versions,
            std::span<const NDArrayRef> outputs) {
  auto node = make_ref<Node>();
  node->op = &op;
  node->params = std::move(params);
  node->tape = std::make_unique<TapeRecord>();
  put_on_tape(std::move(node), inputs, versions, outputs);
}

void mark_variable(NDArray& variable, NDArrayRef gradient, int request) {
  if (request == MX_REQ_NULL || !gradient) {
    variable.tape = nullptr;
    return;
  }
  MX_CHECK(request == MX_REQ_WRITE || request == MX_REQ_ADD, kValue, "[attach_grad] the gradient request is ", request,
           "; it must be null (0), write (1) or add (3)");
  MX_CHECK(gradient->shape == variable.shape && gradient->dtype == variable.dtype, kValue,
           "[attach_grad] the gradient has shape ", gradient->shape, " and dtype ", gradient->dtype, ", the array ",
           variable.shape, " and ", variable.dtype);
  auto node = make_variable("");
  node->tape = std::make_unique<TapeRecord>();
  node->tape->gradient = std::move(gradient);
  node->tape->request = request;
  variable.tape = std::make_unique<TapePosition>(Entry{std::move(node)});
}

NDArrayRef gradient_of(const NDArray& array) {
  const Entry* entry = tape_entry(array);
  return entry && entry->node->tape ? entry->node->tape->gradient : nullptr;
}

NDArrayRef detach(const NDArray& array) {
  return make_ref<NDArray>(array.chunk, array.byte_offset, array.shape, array.dtype);
}

}  // namespace mx::autograd
