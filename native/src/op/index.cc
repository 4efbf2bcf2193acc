#include "mx/op/index.h"

#include "device/blocks.h"
#include "engine/threads.h"

namespace mx {

void run_index(const Kernel& kernel, DType lane, const Tensor& out, const void* params) {
  if (device::current()) return device::run_index(kernel, lane, out, params);
  const Loop loop = kernel.loop(lane);
  const auto size = static_cast<int64_t>(size_of(out.dtype));
  engine::parallel_for(out.size(), kGrain, [&](int64_t begin, int64_t end) {
    alignas(64) char block[kLaneBlock * 8];
    for (int64_t at = begin; at < end; at += kLaneBlock) {
      const int64_t n = end - at < kLaneBlock ? end - at : kLaneBlock;
      void* const place = out.as<char>() + at * size;
      void* to = lane == out.dtype ? place : block;
      loop(&to, nullptr, n, LoopArgs{.params = params, .extra = &at});
      if (to != place) convert(block, lane, place, out.dtype, n);
    }
  });
}

}  // namespace mx
