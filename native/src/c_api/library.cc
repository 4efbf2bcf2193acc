#include "mx/library.h"

#include <dlfcn.h>

#include <mutex>

#include "c_api/guard.h"
#include "device/plugin.h"
#include "op/foreign.h"

using namespace mx;

int MXLibraryLoad(const char* path, int* first, int* count) {
  return c_api::guard([&] {
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const char* const reason = library ? nullptr : dlerror();
    MX_CHECK(library, kValue, "[library.load] ", path, " cannot be opened: ", reason ? reason : "no reason is known");
    const auto init = reinterpret_cast<MXPluginInitFn>(dlsym(library, MX_PLUGIN_INIT));
    MX_CHECK(init, kValue, "[library.load] ", path, " has no ", MX_PLUGIN_INIT,
             ": write it against mx/plugin.h (libraries for MXNet's lib_api.h must be ported)");
    MXPlugin& table = *new MXPlugin{};  // for ever: the library keeps it
    table.abi_version = MX_PLUGIN_ABI, table.struct_size = sizeof table;
    table.set_error = device::set_error, table.define_operator = define_operator;
    table.register_block = [](const char*, int32_t, int32_t, MXBlockFn) {
      return device::set_error("block kernels come with a device: set MX_CUDA_PLUGIN"), 1;
    };
    table.register_operator = [](const char*, MXOperatorFn) {
      return device::set_error("operators of libmx get their functions with a device: set MX_CUDA_PLUGIN"), 1;
    };
    *first = static_cast<int>(all_ops().size());
    device::set_error("no reason is given");
    const int failed = init(&table);
    *count = static_cast<int>(all_ops().size()) - *first;
    MX_CHECK(!failed, kValue, "[library.load] ", path, " refuses: ", device::last_error());
  });
}
