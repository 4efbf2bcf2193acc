#include "c_api/guard.h"
#include "device/plugin.h"
#include "device/scope.h"
#include "graph/compose.h"

using namespace mx;
using c_api::guard;

int MXDeviceSetPlugin(const char* path) {
  return guard([&] { device::set_plugin_path(path); });
}
int MXDeviceCount(int* out) {
  return guard([&] { *out = device::count(); });
}
int MXDeviceCheck(int device_type, int device_id) {
  return guard([&] {
    if (device_type == MX_GPU) device::check_id(device_id);
  });
}
int MXDeviceGetMemory(int device_type, int device_id, int64_t* free_bytes, int64_t* total_bytes) {
  return guard([&] {
    MX_CHECK(device_type == MX_GPU, kValue, "[memory] only GPUs tell how much memory they have");
    device::check_id(device_id);
    device::check(device::plugin().memory_info(device_id, free_bytes, total_bytes), "memory", device_id);
  });
}
int MXDeviceHasOp(int op, int* out) {
  return guard([&] {
    MX_CHECK(op >= 0 && static_cast<size_t>(op) < all_ops().size(), kIndex, "[registry] there is no operator number ",
             op);
    const OpDef& definition = *all_ops()[static_cast<size_t>(op)];
    device::plugin();
    *out = is_composite(definition) ? 2 : device::supports(definition);
  });
}
