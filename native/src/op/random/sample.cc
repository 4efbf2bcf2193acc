// The driver of distributions that are drawn by rejection.
#include "sample.h"

#include "base/random.h"
#include "device/blocks.h"
#include "engine/threads.h"

namespace mx {

void run_sample(const OpContext& ctx, const char* kernel, std::span<const Tensor> parameters, const Tensor& out) {
  MX_CHECK(is_floating(out.dtype), kType, "[", ctx.op.name, "] ", out.dtype, " is no floating dtype");
  const int64_t n = out.size(), size = static_cast<int64_t>(size_of(out.dtype));
  if (n == 0) return;
  LoopArgs args;
  int64_t repeats = 1;
  for (size_t k = 0; k < parameters.size(); ++k) {
    if (parameters[k].size() == 1)
      args.scalars |= 1u << k;
    else
      repeats = n / parameters[k].size();
  }
  const PhiloxKey key = ctx.random->reserve(static_cast<uint64_t>(n));
  if (device::current()) {
    const int64_t extra[] = {static_cast<int64_t>(key.seed), static_cast<int64_t>(key.offset), 0, repeats};
    return device::run_random(get_kernel(kernel), DType::kFloat64, parameters, out, static_cast<int>(args.scalars),
                              nullptr, extra);
  }
  const void* in[2] = {};
  for (size_t k = 0; k < parameters.size(); ++k) {
    const Tensor& p = parameters[k];
    void* values = ctx.workspace(static_cast<size_t>(p.size()) * 8);
    convert(p.data, p.dtype, values, DType::kFloat64, p.size());
    in[k] = values;
  }
  const Loop loop = get_kernel(kernel).loop(DType::kFloat64);
  constexpr int64_t block = 256;
  engine::parallel_for(n, 4 * block, [&](int64_t begin, int64_t end) {
    double values[block];
    for (int64_t at = begin; at < end; at += block) {
      const int64_t count = end - at < block ? end - at : block;
      const int64_t extra[] = {static_cast<int64_t>(key.seed), static_cast<int64_t>(key.offset) + at, at, repeats};
      LoopArgs own = args;
      own.extra = extra;
      void* to = values;
      loop(&to, in, count, own);
      convert(values, DType::kFloat64, out.as<char>() + at * size, out.dtype, count);
    }
  });
}

}  // namespace mx
