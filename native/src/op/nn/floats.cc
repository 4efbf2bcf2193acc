#include "op/nn/floats.h"

#include "engine/threads.h"
#include "mx/op/kernel.h"

namespace mx {

static void convert_all(const void* from, DType from_dtype, void* to, DType to_dtype, int64_t n) {
  const auto from_size = static_cast<int64_t>(size_of(from_dtype)), to_size = static_cast<int64_t>(size_of(to_dtype));
  engine::parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
    convert(static_cast<const char*>(from) + begin * from_size, from_dtype, static_cast<char*>(to) + begin * to_size,
            to_dtype, end - begin);
  });
}

static Floats floats(const OpContext& context, const Tensor& tensor) {
  MX_CHECK(is_floating(tensor.dtype), kType, "[", context.op.name, "] ", tensor.dtype,
           " is not supported; cast to float32 first");
  if (!is_half(tensor.dtype) || !tensor.data) return {tensor.as<char>(), compute_dtype(tensor.dtype), {}};
  void* copy = context.workspace(static_cast<size_t>(tensor.size()) * sizeof(float));
  return {static_cast<char*>(copy), DType::kFloat32, tensor};
}

Floats read_floats(const OpContext& context, const Tensor& input) {
  Floats result = floats(context, input);
  if (result.half.data) convert_all(input.data, input.dtype, result.data, DType::kFloat32, input.size());
  return result;
}

Floats write_floats(const OpContext& context, const Tensor& output) { return floats(context, output); }

void Floats::finish() const {
  if (half.data) convert_all(data, DType::kFloat32, half.data, half.dtype, half.size());
}

}  // namespace mx
