#include "mx/op/kernel.h"

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "device/blocks.h"

namespace mx {
namespace {

constexpr DType kDTypes[] = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBfloat16, DType::kUint8,
                             DType::kInt8,    DType::kInt32,   DType::kInt64,   DType::kBool};

// The first of these that has a loop computes arrays of `dtype`.
std::initializer_list<DType> lanes_for(DType dtype) {
  static constexpr std::initializer_list<DType> half = {DType::kFloat32}, small = {DType::kInt32, DType::kFloat32},
                                                wide = {DType::kFloat64}, none = {};
  switch (dtype) {
    case DType::kFloat16:
    case DType::kBfloat16:
      return half;
    case DType::kUint8:
    case DType::kInt8:
    case DType::kBool:
      return small;
    case DType::kInt32:
    case DType::kInt64:
      return wide;
    default:
      return none;
  }
}

}  // namespace

Kernel::Kernel(const char* name) : name_(name) {
  for (DType& lane : lanes_) lane = DType::kUnknown;
  bool any = false;
  for (DType dtype : kDTypes) any |= (loops_[static_cast<int>(dtype)] = find_loop(name, dtype)) != nullptr;
  MX_CHECK(any, kInternal, "[", name, "] has no kernel; it needs a line MX_KERNELS(", name, ", ...)");
  for (DType dtype : kDTypes) {
    DType& lane = lanes_[static_cast<int>(dtype)];
    if (loop(dtype)) lane = dtype;
    for (DType candidate : lanes_for(dtype))
      if (lane == DType::kUnknown && loop(candidate)) lane = candidate;
  }
}

const Kernel& get_kernel(const char* name) {
  static std::mutex mutex;
  static std::unordered_map<std::string, std::unique_ptr<Kernel>> kernels;
  std::lock_guard lock(mutex);
  const auto entry = kernels.try_emplace(name).first;  // whose key outlives the caller's name
  if (!entry->second) entry->second = std::make_unique<Kernel>(entry->first.c_str());
  return *entry->second;
}

Loop conversion(DType from, DType to) {
  struct Table {
    Loop loops[kDTypeSlots][kDTypeSlots] = {};
    Table() {
      for (DType target : kDTypes)
        for (DType source : kDTypes)
          loops[static_cast<int>(target)][static_cast<int>(source)] = find_loop(str("to_", target).c_str(), source);
    }
  };
  static const Table table;
  return table.loops[static_cast<int>(to)][static_cast<int>(from)];
}

void convert(const void* from, DType from_dtype, void* to, DType to_dtype, int64_t n) {
  if (device::current()) return device::run_convert(from, from_dtype, to, to_dtype, n);
  conversion(from_dtype, to_dtype)(&to, &from, n, LoopArgs{});
}

}  // namespace mx
