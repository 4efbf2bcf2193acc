#include "op/onednn/onednn.h"

#include "mx/base/error.h"

namespace mx::onednn {

dnnl::engine& cpu() {
  static auto& engine = *new dnnl::engine(dnnl::engine::kind::cpu, 0);  // never destroyed: threads may outlive main()
  return engine;
}

dnnl::stream& stream() {
  thread_local dnnl::stream stream(cpu());
  return stream;
}

Type type_of(DType dtype, std::string_view op) {
  switch (dtype) {
    case DType::kFloat32:
      return Type::f32;
    case DType::kFloat16:
      return Type::f16;
    case DType::kBfloat16:
      return Type::bf16;
    default:
      raise(ErrorKind::kType, "[", op, "] ", dtype, " is not supported here; cast to float32 first");
  }
}

static bool has_isa(dnnl::cpu_isa wanted) {
  static const auto found = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  const auto bits = static_cast<unsigned>(wanted);
  return (found & bits) == bits;
}

Type compute_type(DType dtype, std::string_view op, bool backward) {
  const Type type = type_of(dtype, op);
  if (type == Type::bf16 && has_isa(dnnl::cpu_isa::avx512_core)) return type;
  if (type == Type::f16 && !backward && has_isa(dnnl::cpu_isa::avx512_core_fp16)) return type;
  return Type::f32;
}

dnnl::memory::dims dims_of(const Shape& shape) { return {shape.begin(), shape.end()}; }

Desc plain(const Shape& shape, Type type) {
  dnnl::memory::dims strides(static_cast<size_t>(shape.ndim));
  int64_t stride = 1;
  for (int i = shape.ndim - 1; i >= 0; --i) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return {dims_of(shape), type, strides};
}

void raise_error(const dnnl::error& error, std::string_view op) {
  const ErrorKind kind = error.status == dnnl_out_of_memory   ? ErrorKind::kMemory
                         : error.status == dnnl_unimplemented ? ErrorKind::kUnsupported
                                                              : ErrorKind::kInternal;
  raise(kind, "[", op, "] oneDNN: ", error.what());
}

}  // namespace mx::onednn
