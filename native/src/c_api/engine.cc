#include "engine/engine.h"

#include <memory>
#include <vector>

#include "c_api/guard.h"

using namespace mx;
using c_api::guard;

namespace {
// What a queued call keeps alive, and what tells its owner that it is over.
struct Pushed {
  int (*fn)(void*, char*, size_t);
  void* context;
  void (*release)(void*);
  std::vector<NDArrayRef> arrays;

  ~Pushed() {
    if (release) release(context);
  }
  void operator()() const {
    char message[1024] = "";
    if (fn(context, message, sizeof message)) {
      message[sizeof message - 1] = 0;
      raise(ErrorKind::kInternal, *message ? message : "[engine] a queued function failed without a message");
    }
  }
};
}  // namespace

int MXEnginePush(int (*fn)(void*, char*, size_t), void* context, void (*release)(void*), const MXNDArrayHandle* reads,
                 int num_reads, const MXNDArrayHandle* writes, int num_writes) {
  return guard([&] {
    auto pushed = std::make_shared<Pushed>(Pushed{fn, context, nullptr, {}});
    std::vector<Var*> read_vars, write_vars;
    const auto add = [&](MXNDArrayHandle handle, std::vector<Var*>& vars) {
      NDArray& array = c_api::array(handle);
      MX_CHECK(array.chunk, kValue, "[engine] an array is none: it has no memory to order work on");
      vars.push_back(&array.chunk->var);
      pushed->arrays.emplace_back(&array);
    };
    for (int i = 0; i < num_reads; ++i) add(reads[i], read_vars);
    for (int i = 0; i < num_writes; ++i) add(writes[i], write_vars);
    pushed->release = release;  // from here on the context is ours
    engine::push([pushed = pushed.get()] { (*pushed)(); }, read_vars, write_vars, pushed);
  });
}

int MXEngineWaitAll(void) {
  return guard([] { engine::wait_all(); });
}
int MXSetWaitHooks(void* (*before)(void), void (*after)(void*)) {
  return guard([&] { engine::set_wait_hooks(before, after); });
}
