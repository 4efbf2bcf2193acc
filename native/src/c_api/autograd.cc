#include "executor/autograd.h"

#include "c_api/guard.h"
#include "executor/tape.h"
#include "mx/c_api_gradients.h"

using namespace mx;
using c_api::guard;

namespace {

std::span<NDArray* const> arrays(const MXNDArrayHandle* handles, int count) {
  return {reinterpret_cast<NDArray* const*>(handles), handles ? static_cast<size_t>(count) : 0};
}

void exchange(bool& flag, int value, int* previous) {
  if (previous) *previous = flag;
  if (value >= 0) flag = value != 0;
}

}  // namespace

int MXAutogradSetRecording(int value, int* previous) {
  return guard([&] { exchange(autograd::mode().recording, value, previous); });
}
int MXAutogradSetTraining(int value, int* previous) {
  return guard([&] { exchange(autograd::mode().training, value, previous); });
}

int MXAutogradMarkVariables(const MXNDArrayHandle* variables, const MXNDArrayHandle* gradients, const int* requests,
                            int count) {
  return guard([&] {
    for (int i = 0; i < count; ++i)
      autograd::mark_variable(c_api::array(variables[i]), reinterpret_cast<NDArray*>(gradients[i]), requests[i]);
  });
}

int MXAutogradBackward(const MXNDArrayHandle* heads, const MXNDArrayHandle* head_gradients, int num_heads,
                       const MXNDArrayHandle* variables, int num_variables, int retain_graph, int create_graph,
                       int train_mode, MXNDArrayHandle* out) {
  return guard([&] {
    std::vector<NDArrayRef> results = autograd::backward(
        arrays(heads, num_heads), arrays(head_gradients, num_heads), arrays(variables, num_variables),
        {.retain_graph = retain_graph != 0, .create_graph = create_graph != 0, .train_mode = train_mode != 0});
    for (size_t i = 0; i < results.size(); ++i) out[i] = c_api::give(std::move(results[i]));
  });
}

int MXNDArrayGetGrad(MXNDArrayHandle array, MXNDArrayHandle* out) {
  return guard([&] { *out = c_api::give(autograd::gradient_of(c_api::array(array))); });
}
int MXNDArrayDetach(MXNDArrayHandle array, MXNDArrayHandle* out) {
  return guard([&] { *out = c_api::give(autograd::detach(c_api::array(array))); });
}
int MXNDArrayHasHistory(MXNDArrayHandle array, int* out) {
  return guard([&] { *out = c_api::array(array).tape != nullptr; });
}

int MXNDArrayGetGradState(MXNDArrayHandle array, int* out) {
  return guard([&] {
    const Entry* entry = tape_entry(c_api::array(array));
    *out = entry && entry->node->tape && entry->node->tape->fresh;
  });
}
int MXNDArraySetGradState(MXNDArrayHandle array, int state) {
  return guard([&] {
    const Entry* entry = tape_entry(c_api::array(array));
    MX_CHECK(entry && entry->node->tape, kValue,
             "[NDArray._fresh_grad] the array has no gradient: call attach_grad() first");
    entry->node->tape->fresh = state != 0;
  });
}

int MXAutogradRecordFunction(const MXNDArrayHandle* inputs, int num_inputs, const MXNDArrayHandle* outputs,
                             int num_outputs, MXFunctionBackward callback, void* context, void (*release)(void*)) {
  return guard([&] {
    std::vector<NDArrayRef> results;
    for (int i = 0; i < num_outputs; ++i) results.emplace_back(&c_api::array(outputs[i]));
    MX_CHECK(!results.empty(), kValue, "[Function] has no outputs");
    autograd::record_function(arrays(inputs, num_inputs), results, {callback, context, release});
  });
}

int MXAutogradGetSymbol(MXNDArrayHandle array, MXSymbolHandle* out) {
  return guard([&] { *out = reinterpret_cast<MXSymbolHandle>(autograd::get_symbol(c_api::array(array)).detach()); });
}
