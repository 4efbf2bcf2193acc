#include "c_api/guard.h"
#include "engine/threads.h"
#include "executor/imperative.h"
#include "executor/stack_array.h"

using namespace mx;

namespace {

const OpDef& operator_number(int index, const char* caller) {
  const auto ops = all_ops();
  MX_CHECK(index >= 0 && static_cast<size_t>(index) < ops.size(), kIndex, "[", caller, "] there is no operator ",
           index);
  return *ops[static_cast<size_t>(index)];
}

void run(const OpDef& op, const MXNDArrayHandle* inputs, int num_inputs, const MXValue* values, int num_values,
         MXNDArrayHandle* made, const MXNDArrayHandle* given, int* num_outputs) {
  MX_CHECK(num_inputs >= 0 && num_values >= 0, kValue, "[", op.name, "] negative counts");
  const StackParams params(op.param_struct(), values, static_cast<size_t>(num_values), op.name);
  const int visible = op.count_visible(params.data());
  MX_CHECK(visible <= MX_MAX_OUTPUTS, kValue, "[", op.name, "] has ", visible, " outputs, but at most ", MX_MAX_OUTPUTS,
           " are possible");
  MX_CHECK(!given || *num_outputs == visible, kType, "[", op.name, "] got ", *num_outputs, " arrays to write, but has ",
           visible, " outputs");
  StackArray<NDArrayRef, 4> results(static_cast<size_t>(visible));
  if (given)
    for (int i = 0; i < visible; ++i) results[static_cast<size_t>(i)] = &c_api::array(given[i]);
  const std::span<NDArray* const> arrays(reinterpret_cast<NDArray* const*>(inputs), static_cast<size_t>(num_inputs));
  invoke(op, params.data(), nullptr, arrays, results.span());
  if (given) return;
  for (int i = 0; i < visible; ++i) made[i] = c_api::give(std::move(results[static_cast<size_t>(i)]));
  *num_outputs = visible;
}

}  // namespace

int MXInvoke(int op, const MXNDArrayHandle* inputs, int num_inputs, const MXValue* values, int num_values,
             MXNDArrayHandle* outputs, int* num_outputs) {
  return c_api::guard([&] {
    run(operator_number(op, "MXInvoke"), inputs, num_inputs, values, num_values, outputs,
        *num_outputs ? outputs : nullptr, num_outputs);
  });
}

int MXInvokeEach(int index, int count, const MXNDArrayHandle* inputs, int num_inputs, const MXValue* values,
                 int num_values, const MXNDArrayHandle* outputs, int num_outputs) {
  return c_api::guard([&] {
    const OpDef& op = operator_number(index, "MXInvokeEach");
    for (int i = 0; i < count; ++i) {
      engine::check_interrupt();
      run(op, inputs + i * num_inputs, num_inputs, values + i * num_values, num_values, nullptr,
          outputs + i * num_outputs, &num_outputs);
    }
  });
}
