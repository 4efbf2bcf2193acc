// Prepared calls, found again: in the step of a bound executor, or else in a cache of this thread.
#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "engine/threads.h"
#include "op/onednn/call.h"

namespace mx::onednn {

// What a primitive depends on, as a short list of numbers.
class Key {
 public:
  // `work` decides how many threads the primitive is made for.
  Key(std::string_view kind, const engine::Work& work) : most_(engine::worthwhile_threads(work)) {
    add(static_cast<int64_t>(std::hash<std::string_view>{}(kind)));
  }
  Key& add(int64_t word);
  Key& add(DType dtype) { return add(static_cast<int64_t>(dtype)); }
  Key& add(const Shape& shape);
  Key& add(const int64_t* words, int count);
  bool operator==(const Key& other) const;
  size_t hash() const;
  // oneDNN splits the work when a primitive is made: one made for two threads would hang in a forked child, which has
  // one. So the number of threads is part of the key.
  void add_threads() { add(threads_ = engine::enter_parallel_code(most_)); }
  int threads() const { return threads_; }

 private:
  static constexpr int kWords = 80;
  int count_ = 0, most_, threads_ = 1;
  int64_t words_[kWords];
};

std::shared_ptr<Call> find_call(const OpContext& context, Key& key);
void keep_call(const OpContext& context, const Key& key, std::shared_ptr<Call> call);

// The call for `key`; make() returns a new Call when there is none yet.
template <class Make>
std::shared_ptr<Call> prepare(const OpContext& context, Key& key, Make make) {
  if (auto call = find_call(context, key)) return call;
  try {
    auto call = std::make_shared<Call>(make());
    call->set_threads(key.threads());
    keep_call(context, key, call);
    return call;
  } catch (const dnnl::error& error) {
    raise_error(error, context.op.name);
  }
}

// Memory for what a step computes from inputs that rarely change, such as packed weights. `stale` says whether the
// caller must fill it: it is kept only outside training, and as long as the inputs hold what they held.
void* find_derived(const OpContext& context, const Key& key, std::span<const size_t> inputs, size_t bytes, bool* stale);
void keep_derived(const OpContext& context, const Key& key, std::span<const size_t> inputs);

// `bytes` bytes which fill(memory) computes from `inputs`. The key also tells what was prepared with it.
template <class Fill>
const void* derive(const OpContext& context, const Key& key, std::span<const size_t> inputs, size_t bytes, Fill fill) {
  bool stale = false;
  void* memory = find_derived(context, key, inputs, bytes, &stale);
  if (!stale) return memory;
  try {
    fill(memory);
  } catch (const dnnl::error& error) {
    raise_error(error, context.op.name);
  }
  keep_derived(context, key, inputs);
  return memory;
}

}  // namespace mx::onednn
