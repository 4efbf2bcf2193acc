// Inner loops: the code that is compiled once per instruction set. A building block (elementwise.h, reduce.h ...) owns
// the template of the loop, an operator supplies the maths, and a driver in the host pass cuts the work into calls.
#pragma once
#include <cstdint>

#include "mx/base/dtype.h"

#define MX_STR_(x) #x
#define MX_STR(x) MX_STR_(x)
#define MX_IN_SECTION(name) __attribute__((section(name), used)) static

#if defined(MX_PASS_CUDA)
#define MX_XPU __host__ __device__ __forceinline__
#else
#define MX_XPU MX_INLINE
#endif

namespace mx {

struct LoopArgs {
  const void* params = nullptr;  // the operator's parameter struct
  unsigned scalars = 0;          // bit i: input i is one value for the whole loop
  int mode = 0;                  // which of the loops of a building block
  const int64_t* extra = nullptr;
};

// out[...] and in[...] point at n contiguous elements each (or one, see scalars).
using Loop = void (*)(void* const* out, const void* const* in, int64_t n, const LoopArgs& args);

struct LoopEntry {
  DType dtype;
  Loop loop;
};
struct LoopSet {
  const char* name;  // of the operator
  const char* isa;
  const LoopEntry* entries;
  int count;
};

// The loop of `name` for `dtype` on this machine's instruction set; null when there is none.
Loop find_loop(const char* name, DType dtype);

// "isa_v4" or "isa_v3". Tests choose by MX_ISA=isa_v3 in the environment.
const char* active_isa();

}  // namespace mx

#if defined(MX_ISA)
namespace mx::MX_ISA {
template <class Block, class... T>
inline constexpr LoopEntry loop_entries[] = {{dtype_of<T>, &Block::template loop<T>}...};
template <class... T>
inline constexpr int count_of = sizeof...(T);
}  // namespace mx::MX_ISA
#endif

// MX_KERNELS(relu, Elementwise<Relu>, float, double): one loop per dtype. Nothing in the host pass.
#if defined(MX_PASS_CUDA)
#include "mx/cuda/register.h"
#elif defined(MX_PASS_CPU)
#define MX_KERNELS(op, block, ...)                                                                                    \
  namespace mx::MX_ISA {                                                                                              \
  static constexpr LoopSet op##_set = {#op, MX_STR(MX_ISA), loop_entries<block, __VA_ARGS__>, count_of<__VA_ARGS__>}; \
  MX_IN_SECTION("mx_kernels") const LoopSet* const op##_kernels = &op##_set;                                          \
  }
#else
#define MX_KERNELS(op, block, ...)
#endif
