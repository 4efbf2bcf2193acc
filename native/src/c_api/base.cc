#include "base/random.h"
#include "c_api/guard.h"
#include "engine/threads.h"
#include "mx/base/wished_shape.h"
#include "mx/c_api_shapes.h"
#include "mx/loop.h"

namespace mx::c_api {
namespace {
thread_local std::string last_error;
}
int fail(int status, const char* message) noexcept {
  try {
    last_error = message;
  } catch (...) {  // no memory for the message: the status has to do
    last_error.clear();
  }
  return status;
}
}  // namespace mx::c_api

using namespace mx;
using c_api::guard;

const char* MXGetVersion(void) { return MX_VERSION; }
int MXGetAbiVersion(void) { return MX_ABI_VERSION; }
const char* MXGetLastError(void) { return c_api::last_error.c_str(); }

int MXGetInstructionSet(const char** out) {
  return guard([&] { *out = active_isa(); });
}
int MXGetNumThreads(int* out) {
  return guard([&] { *out = engine::num_threads(); });
}
int MXSetNumThreads(int count) {
  return guard([&] { engine::set_num_threads(count); });
}
int MXSetNumpyShapes(int active, int* previous) {
  return guard([&] {
    const bool before = set_numpy_shapes(active != 0);
    if (previous) *previous = before;
  });
}
int MXCountTeams(int64_t* out) {
  return guard([&] { *out = engine::count_teams(); });
}
int MXSetInterruptCheck(int (*check)(void)) {
  return guard([&] { engine::set_interrupt_check(check); });
}

int MXMemoryGetInfo(int device_type, int device_id, MXMemoryInfo* out) {
  return guard([&] { *out = storage::info({device_type, device_id}); });
}
int MXMemoryEmptyCache(int device_type, int device_id) {
  return guard([&] { storage::empty_cache({device_type, device_id}); });
}
int MXMemorySetLimit(int device_type, int device_id, int64_t bytes) {
  return guard([&] { storage::set_limit({device_type, device_id}, bytes); });
}

int MXRandomSeed(int64_t seed, int device_type, int device_id) {
  return guard([&] {
    if (device_type == 0) return seed_all(static_cast<uint64_t>(seed));
    seed_device(static_cast<uint64_t>(seed), {device_type, device_id});
  });
}
