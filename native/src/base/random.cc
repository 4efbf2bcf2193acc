#include "base/random.h"

#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace mx {

namespace {
struct Generators {
  std::mutex mutex;
  uint64_t seed = 0;  // unseeded runs repeat, as they always did
  std::map<std::pair<int, int>, std::unique_ptr<PhiloxGenerator>> all;
};
Generators& generators() {
  static auto* instance = new Generators;
  return *instance;
}
// Distinct sequences for distinct devices, from one seed (the finalizer of splitmix64).
uint64_t mix(uint64_t seed, Device device) {
  uint64_t z = seed + 0x9e3779b97f4a7c15u * static_cast<uint64_t>(device.id + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}
}  // namespace

PhiloxGenerator& generator(Device device) {
  Generators& g = generators();
  std::lock_guard lock(g.mutex);
  auto& entry = g.all[{device.is_cpu() ? MX_CPU : MX_GPU, device.id}];
  if (!entry) {
    entry = std::make_unique<PhiloxGenerator>();
    entry->seed(mix(g.seed, device));
  }
  return *entry;
}

void seed_all(uint64_t seed) {
  Generators& g = generators();
  std::lock_guard lock(g.mutex);
  g.seed = seed;
  for (auto& [device, entry] : g.all) entry->seed(mix(seed, {device.first, device.second}));
}

void seed_device(uint64_t seed, Device device) { generator(device).seed(mix(seed, {device.type, 0})); }

}  // namespace mx
