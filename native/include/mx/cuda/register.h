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
  const DeviceEntry *entries, *many;  // many: of kind MX_BLOCK_MANY, or null
  int count;
};

// Specialized beside each building block: kKind, and run<T>(const MXBlock*); with kMany, run_many<T> too.
template <class Block>
struct DeviceBlock {
  static constexpr bool kMissing = true;
};

template <class Block, class... T>
inline constexpr DeviceEntry device_entries[] = {{dtype_of<T>, &DeviceBlock<Block>::template run<T>}...};

template <class Block, class... T>
inline constexpr DeviceEntry many_entries[] = {{dtype_of<T>, &DeviceBlock<Block>::template run_many<T>}...};

template <class Block, class... T>
constexpr DeviceSet device_set(const char* name) {
  if constexpr (requires { DeviceBlock<Block>::kMissing; })
    return {name, 0, nullptr, nullptr, 0};
  else if constexpr (requires { DeviceBlock<Block>::kMany; })
    return {name, DeviceBlock<Block>::kKind, device_entries<Block, T...>, many_entries<Block, T...>, sizeof...(T)};
  else
    return {name, DeviceBlock<Block>::kKind, device_entries<Block, T...>, nullptr, sizeof...(T)};
}

}  // namespace mx::MX_ISA

#define MX_KERNELS(op, block, ...)                                             \
  namespace mx::MX_ISA {                                                       \
  static constexpr DeviceSet op##_set = device_set<block, __VA_ARGS__>(#op);   \
  MX_IN_SECTION("mx_kernels") const DeviceSet* const op##_kernels = &op##_set; \
  }
// The same for kernels that have no loop on the CPU.
#define MX_DEVICE_KERNELS(op, block, ...) MX_KERNELS(op, block, __VA_ARGS__)
