#include "op/nn/map.h"

#include "engine/threads.h"

namespace mx {

void map_floats(const OpContext& context, const char* name, std::initializer_list<Tensor> inputs, const Tensor& output,
                const LoopArgs& args) {
  constexpr size_t kInputs = 4;
  MX_CHECK(inputs.size() <= kInputs, kInternal, "[", context.op.name, "] a loop takes at most ", kInputs, " inputs");
  Floats from[kInputs];
  size_t count = 0;
  for (const Tensor& input : inputs) from[count++] = read_floats(context, input);
  const Floats to = write_floats(context, output);
  const Loop loop = find_loop(name, to.dtype);
  const auto size = static_cast<int64_t>(size_of(to.dtype));
  engine::parallel_for(output.size(), 1 << 14, [&](int64_t begin, int64_t end) {
    const void* in[kInputs];
    for (size_t i = 0; i < count; ++i) in[i] = from[i].data + begin * size;
    void* out[] = {to.data + begin * size};
    loop(out, in, end - begin, args);
  });
  to.finish();
}

}  // namespace mx
