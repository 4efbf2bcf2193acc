// Memory of arrays: aligned to 64 bytes, kept for reuse after its array is gone.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "mx/c_api.h"

namespace mx {

struct Device {
  int32_t type = MX_CPU, id = 0;
  bool operator==(const Device&) const = default;
  bool is_cpu() const { return type != MX_GPU; }
  std::string name() const;  // "gpu(0)"
  // Work there sees the same memory: numbers of CPUs are names only.
  bool shares_memory(Device other) const { return *this == other || (is_cpu() && other.is_cpu()); }
};

namespace storage {
void* allocate(size_t bytes, Device device);  // raises kMemory; null for 0 bytes
void release(void* data, size_t bytes, Device device);
MXMemoryInfo info(Device device);
void empty_cache(Device device);
void set_limit(Device device, int64_t bytes);
}  // namespace storage

}  // namespace mx
