#include "ndarray/ndarray.h"

#include "engine/threads.h"
#include "mx/base/error.h"
#include "mx/op/strided.h"

namespace mx {

Chunk::Chunk(size_t bytes, Device device) : data(storage::allocate(bytes, device)), bytes(bytes), device(device) {}

Chunk::Chunk(void* data, size_t bytes, Device device, std::function<void()> release)
    : data(data), bytes(bytes), device(device), shared(true), release_(std::move(release)) {}

Chunk::~Chunk() {
  if (release_) {
    release_();
  } else {
    storage::release(data, bytes, device);
  }
}

NDArray::NDArray(const Shape& shape, DType dtype, Device device) : shape(shape), dtype(dtype) {
  if (!shape.rank_known()) return;
  const int64_t bytes = checked_bytes(shape, dtype);
  chunk = make_ref<Chunk>(static_cast<size_t>(bytes), device);
}

NDArray::NDArray(Ref<Chunk> chunk, size_t byte_offset, const Shape& shape, DType dtype)
    : chunk(std::move(chunk)), byte_offset(byte_offset), shape(shape), dtype(dtype) {}

NDArray::~NDArray() = default;

Ref<NDArray> NDArray::view(int64_t offset, const Shape& to) const {
  MX_CHECK(chunk, kValue, "[NDArray.view] the array is none: it has no memory to look at");
  const int64_t wanted = checked_bytes(to, dtype) / static_cast<int64_t>(size_of(dtype));
  MX_CHECK(offset >= 0 && wanted <= size() - offset, kValue, "[NDArray.view] a view of shape ", to, " at element ",
           offset, " leaves the array of shape ", shape);
  return make_ref<NDArray>(chunk, byte_offset + static_cast<size_t>(offset) * size_of(dtype), to, dtype);
}

uint64_t OpContext::version(size_t input) const {
  const Chunk* chunk = input < chunks.size() ? chunks[input] : nullptr;
  return chunk && !chunk->shared.load(std::memory_order_acquire) ? chunk->var.version() + 1 : 0;
}

void wait_to_read(const NDArray& array) {
  if (array.chunk) engine::wait_to_read(array.chunk->var);
}

void wait_to_write(const NDArray& array) {
  if (array.chunk) engine::wait_to_write(array.chunk->var);
}

void copy(const NDArray& from, NDArray& to) {
  MX_CHECK(from.chunk && to.chunk, kValue, "[copyto] the array is none: there is nothing to copy");
  MX_CHECK(from.shape == to.shape, kValue, "[copyto] can't copy shape ", from.shape, " into shape ", to.shape,
           "; the shapes must be equal");
  Var* const reads[] = {&from.chunk->var};
  Var* const writes[] = {&to.chunk->var};
  const Access access(reads, writes);
  const engine::Computing computing;
  if (from.dtype == to.dtype) return copy_bytes(from.data(), to.data(), static_cast<int64_t>(from.bytes()));
  // Conversion is an operator's business; it reads the dtypes from the tensors.
  const OpDef& op = get_op("_copyto");
  const Tensor in = from.tensor(), out = to.tensor();
  const NoParam none;
  op.forward_fn(OpContext{.op = op, .params = &none, .in = {&in, 1}, .out = {&out, 1}});
}

}  // namespace mx
