#include "device/plugin.h"

#include <dlfcn.h>

#include <cstdlib>
#include <mutex>
#include <unordered_map>

#include "mx/base/error.h"

namespace mx::device {
namespace {

thread_local std::string error_text;

constexpr int kKinds = MX_BLOCK_DENSE + 1;
struct Blocks {
  MXBlockFn fn[kKinds][kDTypeSlots] = {};
};
struct Loaded {
  MXPlugin table{};
  int count = 0;
  std::string missing;  // empty: everything is there
  std::unordered_map<std::string, Blocks> blocks;
  std::unordered_map<std::string, MXOperatorFn> operators;
};

std::mutex mutex;
std::string given_path;
Loaded* loading = nullptr;

int register_block(const char* kernel, int32_t dtype, int32_t kind, MXBlockFn fn) {
  if (kind < 0 || kind >= kKinds || !is_valid_dtype(dtype))
    return set_error("register_block: unknown kind or dtype"), 1;
  loading->blocks[kernel].fn[kind][dtype] = fn;
  return 0;
}
int register_operator(const char* op, MXOperatorFn fn) {
  loading->operators[op] = fn;
  return 0;
}

// Returns what is missing.
std::string load(Loaded& to) {
  const char* wish = std::getenv("MX_CUDA_PLUGIN");
  const std::string path = wish ? wish : given_path;
  if (path.empty()) return "the CUDA plugin is not installed. Install it: pip install mx-core[cuda13]";
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char* reason = dlerror();
    return str("the CUDA plugin cannot be loaded: ", reason ? reason : path.c_str());
  }
  const auto init = reinterpret_cast<MXPluginInitFn>(dlsym(library, MX_PLUGIN_INIT));
  if (!init) return str("the CUDA plugin ", path, " has no ", MX_PLUGIN_INIT);
  MXPlugin& t = to.table;
  t.abi_version = MX_PLUGIN_ABI, t.struct_size = sizeof t;
  t.set_error = set_error, t.register_block = register_block, t.register_operator = register_operator;
  error_text.clear();
  if (init(&t))
    return str("the CUDA plugin ", path, " does not fit this libmx (", error_text,
               "). Install equal versions of mx-native and mx-native-cu13");
  if (t.device_count(&to.count)) {
    to.count = 0;
    return error_text;
  }
  return {};
}

// Never unloaded: arrays may outlive static destruction.
Loaded& loaded() {
  static Loaded* const instance = [] {
    std::lock_guard lock(mutex);
    loading = new Loaded;
    loading->missing = load(*loading);
    return loading;
  }();
  return *instance;
}

}  // namespace

void set_error(const char* message) { error_text = message; }
const std::string& last_error() { return error_text; }

void set_plugin_path(std::string path) {
  std::lock_guard lock(mutex);
  given_path = std::move(path);
}

const MXPlugin& plugin() {
  const Loaded& all = loaded();
  MX_CHECK(all.missing.empty(), kUnsupported, "[gpu] no GPU can be used: ", all.missing);
  return all.table;
}
int count() { return loaded().count; }
std::string missing() { return loaded().missing; }

void check_id(int device) {
  plugin();
  MX_CHECK(device >= 0 && device < count(), kValue, "[gpu] there is no gpu(", device, "); this machine has ", count(),
           ", counted from 0");
}

void check(int status, const char* what, int device) {
  if (status)
    raise(status == 2   ? ErrorKind::kMemory
          : status == 3 ? ErrorKind::kUnsupported
                        : ErrorKind::kInternal,
          "[", what, "] gpu(", device, "): ", error_text);
}

MXBlockFn find_block(const char* kernel, DType dtype, int kind) {
  const auto& blocks = loaded().blocks;
  const auto at = blocks.find(kernel);
  return at == blocks.end() ? nullptr : at->second.fn[kind][static_cast<int>(dtype)];
}
MXOperatorFn find_operator(const char* op) {
  const auto& operators = loaded().operators;
  const auto at = operators.find(op);
  return at == operators.end() ? nullptr : at->second;
}

}  // namespace mx::device
