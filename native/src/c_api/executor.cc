#include "executor/executor.h"

#include "c_api/guard.h"

using namespace mx;
using c_api::guard;

namespace {

Executor& executor(MXExecutorHandle handle) {
  MX_CHECK(handle, kValue, "[libmx] an executor handle is NULL");
  return *reinterpret_cast<Executor*>(handle);
}

std::vector<NDArrayRef> arrays(const MXNDArrayHandle* handles, int count) {
  std::vector<NDArrayRef> list;
  for (int i = 0; i < count; ++i) list.emplace_back(handles ? reinterpret_cast<NDArray*>(handles[i]) : nullptr);
  return list;
}

}  // namespace

int MXExecutorBind(MXSymbolHandle symbol, int device_type, int device_id, const MXNDArrayHandle* arguments,
                   const MXNDArrayHandle* gradients, const int* requests, int num_arguments,
                   const MXNDArrayHandle* auxiliary, int num_auxiliary, const char* const* group_names,
                   const int* group_device_types, const int* group_device_ids, int num_groups, MXExecutorHandle* out) {
  return guard([&] {
    MX_CHECK(symbol, kValue, "[libmx] a symbol handle is NULL");
    const Device device{device_type, device_id};
    Binding binding{device,
                    arrays(arguments, num_arguments),
                    arrays(gradients, num_arguments),
                    arrays(auxiliary, num_auxiliary),
                    {}};
    for (int i = 0; i < num_arguments; ++i) binding.requests.push_back(requests ? requests[i] : MX_REQ_NULL);
    for (int i = 0; i < num_groups; ++i) binding.groups[group_names[i]] = {group_device_types[i], group_device_ids[i]};
    *out = reinterpret_cast<MXExecutorHandle>(
        make_ref<Executor>(*reinterpret_cast<const Symbol*>(symbol), std::move(binding)).detach());
  });
}

int MXExecutorRelease(MXExecutorHandle handle) {
  return guard([&] {
    if (handle) executor(handle).release();
  });
}
int MXExecutorForward(MXExecutorHandle handle, int is_train) {
  return guard([&] { executor(handle).forward(is_train != 0); });
}
int MXExecutorBackward(MXExecutorHandle handle, const MXNDArrayHandle* head_gradients, int count, int is_train) {
  return guard([&] {
    executor(handle).backward({reinterpret_cast<NDArray* const*>(head_gradients), static_cast<size_t>(count)},
                              is_train != 0);
  });
}

int MXExecutorForwardBackward(MXExecutorHandle handle, const MXNDArrayHandle* head_gradients, int count) {
  return guard([&] {
    executor(handle).forward(true);
    executor(handle).backward({reinterpret_cast<NDArray* const*>(head_gradients), static_cast<size_t>(count)}, true);
  });
}

int MXExecutorOutputs(MXExecutorHandle handle, int* count, const MXNDArrayHandle** outputs) {
  return guard([&] {
    // A Ref is one pointer, so the executor's own list is the list of handles.
    static_assert(sizeof(NDArrayRef) == sizeof(MXNDArrayHandle));
    const std::vector<NDArrayRef>& list = executor(handle).outputs();
    *count = static_cast<int>(list.size());
    *outputs = reinterpret_cast<const MXNDArrayHandle*>(list.data());
  });
}

int MXExecutorSetMonitor(MXExecutorHandle handle, MXMonitorCallback callback, void* context, int inputs) {
  return guard([&] { executor(handle).set_monitor(callback, context, inputs != 0); });
}

int MXExecutorDescribe(MXExecutorHandle handle, const char** out) {
  return guard([&] {
    static thread_local std::string text;
    text = executor(handle).describe();
    *out = text.c_str();
  });
}
