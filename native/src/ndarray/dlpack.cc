#include "ndarray/dlpack.h"

#include "mx/base/error.h"

namespace mx {

namespace {

enum Code : uint8_t { kInt = 0, kUint = 1, kFloat = 2, kBfloat = 4, kBool = 6 };

struct Pair {
  DType dtype;
  Code code;
};
constexpr Pair kCodes[] = {
    {DType::kFloat32, kFloat}, {DType::kFloat64, kFloat},   {DType::kFloat16, kFloat},
    {DType::kUint8, kUint},    {DType::kInt32, kInt},       {DType::kInt8, kInt},
    {DType::kInt64, kInt},     {DType::kBfloat16, kBfloat}, {DType::kBool, kBool},
};

struct Holder {
  NDArrayRef array;
  DLManagedTensor managed;
};

}  // namespace

DLManagedTensor* to_dlpack(const NDArrayRef& array) {
  MX_CHECK(array->chunk, kValue, "[to_dlpack] the array is none: there is nothing to share");
  MX_CHECK(array->device().is_cpu(), kUnsupported,
           "[to_dlpack] only CPU memory can be shared here: copy the array with as_in_context(mx.cpu()) first");
  wait_to_write(*array);
  array->chunk->shared.store(true, std::memory_order_release);
  auto* holder = new Holder{array, {}};
  Code code = kFloat;
  for (const Pair& pair : kCodes)
    if (pair.dtype == array->dtype) code = pair.code;
  holder->managed = {{array->data(),
                      {1, 0},
                      array->shape.ndim,
                      {code, static_cast<uint8_t>(size_of(array->dtype) * 8), 1},
                      array->shape.dims,
                      nullptr,
                      0},
                     holder,
                     [](DLManagedTensor* self) { delete static_cast<Holder*>(self->context); }};
  return &holder->managed;
}

NDArrayRef from_dlpack(DLManagedTensor* managed) {
  const DLTensor& t = managed->tensor;
  MX_CHECK(t.device.type == 1 || t.device.type == 3, kUnsupported, "[from_dlpack] the tensor lies on device type ",
           t.device.type, "; only CPU memory can be shared here: copy it to the CPU first");
  MX_CHECK(t.ndim >= 0 && t.ndim <= kMaxNdim, kValue, "[from_dlpack] ", t.ndim, " dimensions; at most ", kMaxNdim,
           " are possible");
  DType dtype = DType::kUnknown;
  for (const Pair& pair : kCodes)
    if (pair.code == t.dtype.code && size_of(pair.dtype) * 8 == t.dtype.bits) dtype = pair.dtype;
  MX_CHECK(dtype != DType::kUnknown && t.dtype.lanes == 1, kType, "[from_dlpack] element type code ", int{t.dtype.code},
           " of ", int{t.dtype.bits}, " bits has no counterpart here");
  const Shape shape(t.shape, static_cast<size_t>(t.ndim));
  int64_t expected = 1;
  for (int i = t.ndim - 1; t.strides && i >= 0; --i) {
    MX_CHECK(shape[i] <= 1 || t.strides[i] == expected, kValue, "[from_dlpack] a tensor of shape ", shape,
             " with strides can't be shared: make it contiguous first");
    expected *= shape[i];
  }
  const auto bytes = static_cast<size_t>(checked_bytes(shape, dtype));
  auto chunk = make_ref<Chunk>(static_cast<char*>(t.data) + t.byte_offset, bytes, Device{}, [managed] {
    if (managed->deleter) managed->deleter(managed);
  });
  return make_ref<NDArray>(std::move(chunk), 0, shape, dtype);
}

}  // namespace mx
