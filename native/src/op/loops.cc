// Which loops this machine runs: those of the best instruction set that it has.
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "mx/base/error.h"
#include "mx/loop.h"

extern "C" {
extern const mx::LoopSet* const __start_mx_kernels[] __attribute__((visibility("hidden")));
extern const mx::LoopSet* const __stop_mx_kernels[] __attribute__((visibility("hidden")));
}

namespace mx {

const char* active_isa() {
  static const char* const isa = [] {
    const bool v4 = __builtin_cpu_supports("x86-64-v4"), v3 = __builtin_cpu_supports("x86-64-v3");
    MX_CHECK(v3, kUnsupported,
             "[libmx] this processor lacks the instructions of x86-64-v3 (AVX2, FMA), which mx needs; processors since "
             "2015 have them");
    const char* wish = std::getenv("MX_ISA");
    if (!wish) return v4 ? "isa_v4" : "isa_v3";
    if (!std::strcmp(wish, "isa_v3")) return "isa_v3";
    MX_CHECK(!std::strcmp(wish, "isa_v4"), kValue, "[libmx] MX_ISA is '", wish, "', but must be isa_v3 or isa_v4");
    MX_CHECK(v4, kUnsupported, "[libmx] MX_ISA asks for isa_v4, which this processor lacks");
    return "isa_v4";
  }();
  return isa;
}

namespace {
struct Loops {
  Loop by_dtype[kDTypeSlots] = {};
};
}  // namespace

Loop find_loop(const char* name, DType dtype) {
  static const auto* table = [] {
    auto* all = new std::unordered_map<std::string_view, Loops>;
    for (auto set = __start_mx_kernels; set != __stop_mx_kernels; ++set) {
      if (std::strcmp((*set)->isa, active_isa()) != 0) continue;
      Loops& loops = (*all)[(*set)->name];
      for (int i = 0; i < (*set)->count; ++i)
        loops.by_dtype[static_cast<int>((*set)->entries[i].dtype)] = (*set)->entries[i].loop;
    }
    return all;
  }();
  const auto at = table->find(name);
  return at == table->end() || dtype == DType::kUnknown ? nullptr : at->second.by_dtype[static_cast<int>(dtype)];
}

}  // namespace mx
