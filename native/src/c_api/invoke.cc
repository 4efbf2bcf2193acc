#include "c_api/guard.h"
#include "executor/imperative.h"
#include "executor/stack_array.h"

using namespace mx;

int MXInvoke(int op_index, const MXNDArrayHandle* inputs, int num_inputs, const MXValue* values, int num_values,
             MXNDArrayHandle* outputs, int* num_outputs) {
  return c_api::guard([&] {
    const auto ops = all_ops();
    MX_CHECK(op_index >= 0 && static_cast<size_t>(op_index) < ops.size(), kIndex, "[MXInvoke] there is no operator ",
             op_index);
    MX_CHECK(num_inputs >= 0 && num_values >= 0, kValue, "[MXInvoke] negative counts");
    const OpDef& op = *ops[static_cast<size_t>(op_index)];
    const StackParams params(op.param_struct(), values, static_cast<size_t>(num_values), op.name);
    const int visible = op.count_visible(params.data());
    MX_CHECK(visible <= MX_MAX_OUTPUTS, kValue, "[", op.name, "] has ", visible, " outputs, but at most ",
             MX_MAX_OUTPUTS, " are possible");
    const bool given = *num_outputs != 0;
    MX_CHECK(!given || *num_outputs == visible, kType, "[", op.name, "] got ", *num_outputs,
             " arrays to write, but has ", visible, " outputs");
    StackArray<NDArrayRef, 4> results(static_cast<size_t>(visible));
    if (given)
      for (int i = 0; i < visible; ++i) results[static_cast<size_t>(i)] = &c_api::array(outputs[i]);
    const std::span<NDArray* const> arrays(reinterpret_cast<NDArray* const*>(inputs), static_cast<size_t>(num_inputs));
    invoke(op, params.data(), nullptr, arrays, results.span());
    if (given) return;
    for (int i = 0; i < visible; ++i) outputs[i] = c_api::give(std::move(results[static_cast<size_t>(i)]));
    *num_outputs = visible;
  });
}
