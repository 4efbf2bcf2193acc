#include "library.h"

#include <dlfcn.h>
#include <link.h>

#include <string>
#include <string_view>

#include "host.h"

namespace mx::cuda {
namespace {

// The folder of the library that holds an address.
std::string folder_of(const void* address) {
  Dl_info info{};
  if (!dladdr(address, &info) || !info.dli_fname) return ".";
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

void* open(const Library& library, std::string& reason) {
  // One that the process has already, say PyTorch's, is shared: two of them would need twice the memory.
  if (void* loaded = dlopen(library.file, RTLD_NOW | RTLD_NOLOAD)) return loaded;
  // site-packages/mx_native_cu13/lib and, where the plugin was built by hand, site-packages/mx_native/lib.
  const std::string ours = folder_of(reinterpret_cast<const void*>(&open_library)),
                    libmx = folder_of(reinterpret_cast<const void*>(host->set_error));
  for (const std::string& folder : {ours, ours + "/../../" + library.folder, libmx + "/../../" + library.folder}) {
    const std::string path = folder + "/" + library.file;
    if (void* found = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return found;
    const char* text = dlerror();
    if (text && !std::string_view(text).ends_with("No such file or directory")) reason = text;
  }
  if (void* found = dlopen(library.file, RTLD_NOW | RTLD_LOCAL)) return found;
  if (reason.empty()) reason = std::string(library.file) + " is not installed";
  return nullptr;
}

}  // namespace

int open_library(const Library& library, std::span<const Function> functions) {
  std::string reason;
  void* const handle = open(library, reason);
  if (!handle) {
    host->set_error((std::string(library.name) + " cannot be loaded: " + reason + ". Install it: pip install '" +
                     library.wheel + "'")
                        .c_str());
    return 3;
  }
  for (const Function& function : functions) {
    const std::string name = std::string(library.prefix) + function.name;
    *function.to = dlsym(handle, name.c_str());
    if (*function.to) continue;
    const link_map* found = nullptr;
    dlinfo(handle, RTLD_DI_LINKMAP, &found);
    host->set_error((std::string(library.name) + " is too old: " + (found ? found->l_name : library.file) + " has no " +
                     name + ". Install a newer one: pip install -U '" + library.wheel + "'")
                        .c_str());
    return 3;
  }
  return 0;
}

int check(const Library& library, int status, const char* what) {
  if (status == 0) return 0;
  return fail(
      (std::string(library.name) + ": " + what + " failed with status " + std::to_string(status) + library.advice)
          .c_str());
}

}  // namespace mx::cuda
