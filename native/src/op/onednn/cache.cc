#include "op/onednn/cache.h"

#include <cstring>
#include <list>
#include <unordered_map>
#include <vector>

#include "ndarray/ndarray.h"

namespace mx::onednn {

Key& Key::add(int64_t word) {
  MX_CHECK(count_ < kWords, kInternal, "the key of a oneDNN primitive has more than ", kWords, " words");
  words_[count_++] = word;
  return *this;
}

Key& Key::add(const int64_t* words, int count) {
  for (int i = 0; i < count; ++i) add(words[i]);
  return *this;
}

Key& Key::add(const Shape& shape) { return add(shape.ndim).add(shape.dims, shape.ndim < 0 ? 0 : shape.ndim); }

bool Key::operator==(const Key& other) const {
  return count_ == other.count_ &&
         std::memcmp(words_, other.words_, sizeof(int64_t) * static_cast<size_t>(count_)) == 0;
}

size_t Key::hash() const {
  uint64_t h = 0;
  for (int i = 0; i < count_; ++i) h = (h ^ static_cast<uint64_t>(words_[i])) * 0x9E3779B97F4A7C15u, h ^= h >> 29;
  return h;
}

namespace {

struct Entry {
  Key key;
  std::shared_ptr<Call> call;
};

struct Stamp {
  uint64_t version;
  const void* data;
  bool operator==(const Stamp&) const = default;
};
struct Derived {
  Key key;
  std::vector<Stamp> stamps;  // of the inputs that it was computed from; none yet, or no longer: stale
  Ref<Chunk> memory;
};

// What the state of a step points at: a few entries, one for each primitive and number of threads.
struct Step : RefCounted {
  std::vector<Entry> entries;
  std::vector<Derived> derived;
};

Step& step_of(const OpContext& context) {
  if (!*context.state) *context.state = Ref<RefCounted>(new Step);
  return *static_cast<Step*>(context.state->get());
}

Derived* find_derived(const OpContext& context, const Key& key) {
  if (!context.state) return nullptr;
  for (Derived& derived : step_of(context).derived)
    if (derived.key == key) return &derived;
  return nullptr;
}

struct Hash {
  size_t operator()(const Key& key) const { return key.hash(); }
};

// The most recently used stand first.
struct ThreadCache {
  static constexpr size_t kCapacity = 512;
  std::list<Entry> entries;
  std::unordered_map<Key, std::list<Entry>::iterator, Hash> index;
};
thread_local ThreadCache cache;

}  // namespace

std::shared_ptr<Call> find_call(const OpContext& context, Key& key) {
  key.add_threads();
  if (context.state) {
    if (const auto* step = static_cast<const Step*>(context.state->get()))
      for (const Entry& entry : step->entries)
        if (entry.key == key) return entry.call;
    return nullptr;
  }
  auto found = cache.index.find(key);
  if (found == cache.index.end()) return nullptr;
  cache.entries.splice(cache.entries.begin(), cache.entries, found->second);
  return found->second->call;
}

void keep_call(const OpContext& context, const Key& key, std::shared_ptr<Call> call) {
  if (context.state) {
    step_of(context).entries.push_back({key, std::move(call)});
    return;
  }
  cache.entries.push_front({key, std::move(call)});
  cache.index[key] = cache.entries.begin();
  if (cache.entries.size() <= ThreadCache::kCapacity) return;
  cache.index.erase(cache.entries.back().key);
  cache.entries.pop_back();
}

static std::vector<Stamp> stamps_of(const OpContext& context, std::span<const size_t> inputs) {
  std::vector<Stamp> stamps;
  for (const size_t i : inputs) stamps.push_back({context.version(i), context.in[i].data});
  return stamps;
}

void* find_derived(const OpContext& context, const Key& key, std::span<const size_t> inputs, size_t bytes,
                   bool* stale) {
  bool can_keep = context.state && !context.is_train;
  for (const size_t i : inputs) can_keep = can_keep && context.version(i) != 0;
  *stale = true;
  Derived* derived = find_derived(context, key);
  if (!can_keep) {
    if (derived) derived->memory = nullptr, derived->stamps.clear();
    return context.workspace(bytes);
  }
  if (!derived) derived = &step_of(context).derived.emplace_back(Derived{key, {}, nullptr});
  if (!derived->memory) derived->memory = make_ref<Chunk>(bytes, Device{});
  *stale = derived->stamps.empty() || derived->stamps != stamps_of(context, inputs);
  if (*stale) derived->stamps.clear();
  return derived->memory->data;
}

void keep_derived(const OpContext& context, const Key& key, std::span<const size_t> inputs) {
  if (Derived* derived = find_derived(context, key); derived && derived->memory)
    derived->stamps = stamps_of(context, inputs);
}

}  // namespace mx::onednn
