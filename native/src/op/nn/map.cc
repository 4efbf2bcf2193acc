#include "op/nn/map.h"

#include "mx/op/elementwise.h"

namespace mx {

void map_floats(const OpContext& context, const char* kernel, std::initializer_list<Tensor> inputs,
                const Tensor& output, const void* params) {
  const auto flat = [&](const Tensor& tensor) {
    MX_CHECK(is_floating(tensor.dtype), kType, "[", context.op.name, "] ", tensor.dtype,
             " is not supported; cast to float32 first");
    return Tensor{tensor.data, {tensor.size()}, tensor.dtype};
  };
  constexpr size_t kInputs = 4;
  MX_CHECK(inputs.size() <= kInputs, kInternal, "[", context.op.name, "] a kernel takes at most ", kInputs, " inputs");
  Tensor in[kInputs];
  size_t count = 0;
  for (const Tensor& input : inputs) in[count++] = flat(input);
  const Tensor out = flat(output);
  run_elementwise(get_kernel(kernel), {in, count}, {&out, 1}, params);
}

}  // namespace mx
