#include "executor/imperative.h"

#include <algorithm>

#include "base/random.h"
#include "device/scope.h"
#include "engine/threads.h"
#include "executor/autograd.h"
#include "executor/stack_array.h"
#include "executor/workspace.h"
#include "graph/compose.h"

namespace mx {
namespace {

constexpr size_t kInline = 8;

// Operators without inputs say where they run in a parameter "ctx" such as "cpu(0)".
Device requested_device(const OpDef& op, const void* params) {
  const Field* field = op.param_struct().find("ctx");
  if (!field) return {};
  const std::string text = field->format(static_cast<const char*>(params) + field->offset, *field);
  const size_t open = text.find('(');
  if (text.empty() || text == "None") return {};
  const std::string type = text.substr(0, open);
  Device device;
  if (type == "gpu") {
    device.type = MX_GPU;
  } else if (type == "cpu_pinned") {
    device.type = MX_CPU_PINNED;
  } else if (type == "cpu_shared") {
    device.type = MX_CPU_SHARED;
  } else {
    MX_CHECK(type == "cpu", kValue, "[", op.name, "] ctx is ", text, ", which is no device; write cpu(0) or gpu(0)");
  }
  if (open != std::string::npos) device.id = std::atoi(text.c_str() + open + 1);
  return device;
}

void infer(const OpDef& op, const void* params, std::span<NDArray* const> inputs, std::span<NDArrayRef> outputs,
           std::span<Shape> shapes, std::span<DType> dtypes) {
  const size_t num_in = inputs.size();
  bool equal = op.infer_shape_fn == same_shape && num_in > 0;
  for (size_t i = 0; i < num_in; ++i) {
    shapes[i] = inputs[i]->shape;
    dtypes[i] = inputs[i]->dtype;
    equal = equal && (i == 0 || shapes[i] == shapes[0]);
  }
  for (size_t i = num_in; i < shapes.size(); ++i) {
    const size_t o = i - num_in;
    const NDArray* given = o < outputs.size() ? outputs[o].get() : nullptr;
    dtypes[i] = given ? given->dtype : DType::kUnknown;
    shapes[i] = given ? given->shape : equal ? shapes[0] : Shape();
    equal = equal && shapes[i] == shapes[0];
  }
  if (!equal) infer_shapes(op, params, shapes.first(num_in), shapes.subspan(num_in));
  infer_dtypes(op, params, dtypes.first(num_in), dtypes.subspan(num_in));
  for (size_t i = 0; i < num_in; ++i)
    MX_CHECK(shapes[i] == inputs[i]->shape && dtypes[i] == inputs[i]->dtype, kValue, "[", op.name, "] input ",
             op.input_name(static_cast<int>(i)), " has shape ", inputs[i]->shape, " and dtype ", inputs[i]->dtype,
             ", but ", shapes[i], " and ", dtypes[i], " are needed");
  for (size_t i = num_in; i < shapes.size(); ++i) {
    MX_CHECK(shapes[i].known(), kValue, "[", op.name, "] the shape of output ",
             op.output_name(static_cast<int>(i - num_in)), " does not follow from the inputs and parameters; it is ",
             shapes[i]);
    MX_CHECK(dtypes[i] != DType::kUnknown, kType, "[", op.name, "] the dtype of output ",
             op.output_name(static_cast<int>(i - num_in)), " does not follow from the inputs and parameters");
  }
}

bool overlap(const NDArray& a, const NDArray& b) {
  return a.chunk == b.chunk && a.byte_offset < b.byte_offset + b.bytes() && b.byte_offset < a.byte_offset + a.bytes();
}

// May the output stand where it stands, given the inputs?
bool needs_copy(const OpDef& op, std::span<NDArray* const> inputs, const NDArray& output, size_t index) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!overlap(*inputs[i], output)) continue;
    const bool allowed = op.may_overwrite(static_cast<int>(i), static_cast<int>(index));
    if (!allowed || inputs[i]->byte_offset != output.byte_offset || inputs[i]->bytes() != output.bytes()) return true;
  }
  return false;
}

void check_inputs(const OpDef& op, const void* params, std::span<NDArray* const> inputs) {
  const int needed = op.count_inputs(params);
  MX_CHECK(static_cast<int>(inputs.size()) == needed, kType, "[", op.name, "] got ", inputs.size(),
           " inputs, but it takes ", needed);
  for (size_t i = 0; i < inputs.size(); ++i)
    MX_CHECK(inputs[i] && inputs[i]->chunk, kValue, "[", op.name, "] input ", op.input_name(static_cast<int>(i)),
             " is none: it has no shape and no memory");
}

// An output elsewhere is possible: it is copied there.
void check_devices(const OpDef& op, Device device, std::span<NDArray* const> inputs) {
  for (size_t i = 1; i < inputs.size(); ++i) {
    const Device other = inputs[i]->device();
    if (other.shares_memory(device)) continue;
    raise(ErrorKind::kValue, "[", op.name, "] input ", op.input_name(static_cast<int>(i)), " lies on ", other.name(),
          ", but input ", op.input_name(0), " on ", device.name(), "; copy one of them with as_in_context()");
  }
}

void run_primitive(const OpDef& op, const void* params, const Params* shared, std::span<NDArray* const> inputs,
                   std::span<NDArrayRef> outputs, const std::vector<bool>* wanted) {
  check_inputs(op, params, inputs);
  const size_t num_in = inputs.size();
  const size_t num_out = static_cast<size_t>(op.count_outputs(params));
  StackArray<Shape, kInline> shapes(num_in + num_out);
  StackArray<DType, kInline> dtypes(num_in + num_out);
  infer(op, params, inputs, outputs, shapes.span(), dtypes.span());
  const bool recorded = autograd::mode().recording && autograd::must_record(op, inputs, outputs);
  const Device device = num_in ? inputs[0]->device() : requested_device(op, params);
  check_devices(op, device, inputs);

  StackArray<Tensor, kInline> tensors(num_in + num_out);
  StackArray<Var*, kInline> reads(num_in), writes((op.mutable_inputs.empty() ? 0 : num_in) + num_out);
  size_t num_writes = 0;
  for (size_t i = 0; i < num_in; ++i) {
    tensors[i] = inputs[i]->tensor();
    reads[i] = &inputs[i]->chunk->var;
  }
  for (size_t i = 0; !op.mutable_inputs.empty() && i < num_in; ++i)
    if (op.mutates_input(static_cast<int>(i))) writes[num_writes++] = reads[i];
  // Where the kernel writes: new arrays, the caller's, or copies that go into the caller's afterwards.
  StackArray<NDArrayRef, 4> targets(num_out);
  for (size_t o = 0; o < num_out; ++o) {
    const Shape& shape = shapes[num_in + o];
    const DType dtype = dtypes[num_in + o];
    const bool given = o < outputs.size() && outputs[o];
    const bool elsewhere = given && !outputs[o]->device().shares_memory(device);
    if (given && !elsewhere && !needs_copy(op, inputs, *outputs[o], o)) {
      targets[o] = outputs[o];
    } else if (recorded || (o < outputs.size() && (!wanted || (*wanted)[o]))) {
      targets[o] = make_ref<NDArray>(shape, dtype, device);
    } else {
      tensors[num_in + o] = {nullptr, shape, dtype};  // nobody will ask for it
      continue;
    }
    tensors[num_in + o] = targets[o]->tensor();
    writes[num_writes++] = &targets[o]->chunk->var;
  }

  StackArray<uint64_t, kInline> versions(recorded ? num_in : 0);
  {
    const Access access(reads.span(), writes.first(num_writes));
    for (size_t i = 0; i < versions.size(); ++i) versions[i] = inputs[i]->version();
    const OpContext context{.op = op,
                            .params = params,
                            .in = tensors.first(num_in),
                            .out = tensors.from(num_in),
                            .is_train = autograd::mode().training,
                            .random = op.random ? &generator(device) : nullptr};
    if (device.is_cpu()) {
      const engine::Computing computing;
      const WorkspaceScope workspace;
      op.forward_fn(context);
    } else {
      const device::Scope scope(op.name.c_str(), device, reads.span(), writes.first(num_writes));
      device::forward(context);
    }
  }
  if (recorded) {
    for (size_t i = 0; !op.mutable_inputs.empty() && i < num_in; ++i)
      if (op.mutates_input(static_cast<int>(i))) versions[i] = inputs[i]->version();
  }
  for (size_t o = 0; o < outputs.size(); ++o) {
    if (!outputs[o]) {
      outputs[o] = targets[o];
    } else if (!(outputs[o] == targets[o])) {
      copy(*targets[o], *outputs[o]);
      targets[o] = outputs[o];
    }
  }
  if (recorded)
    autograd::record(op, shared ? *shared : Params::copy(op.param_struct(), params), inputs, versions.span(),
                     targets.span());
}

// The parts record themselves.
void run_composite(const OpDef& op, const void* params, std::span<NDArray* const> inputs,
                   std::span<NDArrayRef> outputs) {
  check_inputs(op, params, inputs);
  EagerBuilder builder;
  std::vector<Value> values;
  for (NDArray* input : inputs) values.push_back(to_value(NDArrayRef(input)));
  ComposeContext context{builder, params, values, {}};
  op.compose_fn(context);
  for (size_t o = 0; o < outputs.size(); ++o) {
    NDArray* result = to_array(context.out.at(o));
    if (!outputs[o]) {
      outputs[o] = result;
      continue;
    }
    MX_CHECK(outputs[o]->shape == result->shape && outputs[o]->dtype == result->dtype, kValue, "[", op.name,
             "] output ", op.output_name(static_cast<int>(o)), " has shape ", outputs[o]->shape, " and dtype ",
             outputs[o]->dtype, ", but the result has ", result->shape, " and ", result->dtype);
    MX_CHECK(!autograd::mode().recording || !result->tape, kValue, "[", op.name,
             "] out= is not possible for this operator while its work is recorded: assign the result instead");
    copy(*result, *outputs[o]);
  }
}

}  // namespace

void invoke(const OpDef& op, const void* params, const Params* shared, std::span<NDArray* const> inputs,
            std::span<NDArrayRef> outputs, const std::vector<bool>* wanted) {
  try {
    if (is_composite(op)) return run_composite(op, params, inputs, outputs);
    run_primitive(op, params, shared, inputs, outputs, wanted);
  } catch (const Error& error) {
    if (*error.what() == '[') throw;
    throw Error(error.kind(), "[" + op.name + "] " + error.what());
  }
}

void EagerBuilder::set_wanted(const NodeGradient& context) {
  differentiated_ = &context.op();
  wanted_.clear();
  for (size_t i = 0; i < context.num_inputs(); ++i) wanted_.push_back(context.wants(i));
}

std::vector<Value> EagerBuilder::invoke(const OpDef& op, std::span<const Value> inputs, Params params) {
  params = complete_params(op, std::move(params));
  StackArray<NDArray*, kInline> arrays(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) arrays[i] = to_array(inputs[i]);
  StackArray<NDArrayRef, kInline> outputs(static_cast<size_t>(op.count_outputs(params.data())));
  constexpr std::string_view kBackward = "_backward_";
  const bool selective = differentiated_ && outputs.size() <= wanted_.size() && op.name.starts_with(kBackward) &&
                         std::string_view(op.name).substr(kBackward.size()) == differentiated_->name;
  mx::invoke(op, params.data(), &params, arrays.span(), outputs.span(), selective ? &wanted_ : nullptr);
  std::vector<Value> values;
  values.reserve(outputs.size());
  for (const NDArrayRef& output : outputs) values.push_back(to_value(output));
  return values;
}

}  // namespace mx
