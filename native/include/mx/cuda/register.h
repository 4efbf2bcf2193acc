// MX_KERNELS in the CUDA pass: the kernels of one name go into a constant record, which the plugin's MXPluginInit
// hands to libmx. A block without a CUDA version (DeviceBlock is not specialized for it) leaves an empty record.
#pragma once
#include "mx/base/dtype.h"
#include "mx/plugin.h"

namespace mx::MX_ISA {

struct DeviceEntry {
  DType dtype;
  MXBlockFn fn;
};
struct DeviceSet {
  const char* name;
  int kind;
  const DeviceEntry* entries;
  int count;
};

// Specialized beside each building block: kKind, and run<T>(const MXBlock*).
template <class Block>
struct DeviceBlock {
  static constexpr bool kMissing = true;
};

template <class Block, class... T>
inline constexpr DeviceEntry device_entries[] = {{dtype_of<T>, &DeviceBlock<Block>::template run<T>}...};

template <class Block, class... T>
constexpr DeviceSet device_set(const char* name) {
  if constexpr (requires { DeviceBlock<Block>::kMissing; })
    return {name, 0, nullptr, 0};
  else
    return {name, DeviceBlock<Block>::kKind, device_entries<Block, T...>, sizeof...(T)};
}

}  // namespace mx::MX_ISA

#define MX_KERNELS(op, block, ...)                                             \
  namespace mx::MX_ISA {                                                       \
  static constexpr DeviceSet op##_set = device_set<block, __VA_ARGS__>(#op);   \
  MX_IN_SECTION("mx_kernels") const DeviceSet* const op##_kernels = &op##_set; \
  }
