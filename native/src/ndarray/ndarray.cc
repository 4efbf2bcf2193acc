#include "ndarray/ndarray.h"

#include "device/copy.h"
#include "device/memory.h"
#include "device/scope.h"
#include "engine/threads.h"
#include "mx/base/error.h"
#include "mx/op/strided.h"

namespace mx {

Chunk::Chunk(size_t bytes, Device device) : data(storage::allocate(bytes, device)), bytes(bytes), device(device) {
  if (!device::owns_pool(device)) return;
  uses_ = std::make_unique<device::Uses>();
  var.uses = uses_.get();
  if (device.is_cpu()) {
    var.mark_pinned();
    return;
  }
  device::Stream& stream = device::Stream::current(device.id);  // the one that may use the memory now
  uses_->start({&stream, stream.advance()});
}

Chunk::Chunk(void* data, size_t bytes, Device device, std::function<void()> release)
    : data(data), bytes(bytes), device(device), shared(true), release_(std::move(release)) {}

Chunk::~Chunk() {
  if (release_) {
    release_();
  } else if (uses_) {
    device::release(data, bytes, device, uses_->all());
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

namespace {
// Conversion is an operator's business; it reads the dtypes from the tensors.
void convert(const NDArray& from, const NDArray& to) {
  const OpDef& op = get_op("_copyto");
  const Tensor in = from.tensor(), out = to.tensor();
  const NoParam none;
  const OpContext ctx{.op = op, .params = &none, .in = {&in, 1}, .out = {&out, 1}};
  if (to.device().is_cpu()) return op.forward_fn(ctx);
  Var* const reads[] = {&from.chunk->var};
  Var* const writes[] = {&to.chunk->var};
  const device::Scope scope("copyto", to.device(), reads, writes);
  device::forward(ctx);
}
// One or both are on a device. Dtypes change where the array comes from.
void copy_with_devices(const NDArray& from, const NDArray& to) {
  if (from.dtype == to.dtype) return device::copy(from, to);
  if (from.device() == to.device()) return convert(from, to);
  const auto converted = make_ref<NDArray>(from.shape, to.dtype, from.device());
  convert(from, *converted);
  device::copy(*converted, to);
}
}  // namespace

void copy(const NDArray& from, NDArray& to) {
  MX_CHECK(from.chunk && to.chunk, kValue, "[copyto] the array is none: there is nothing to copy");
  MX_CHECK(from.shape == to.shape, kValue, "[copyto] can't copy shape ", from.shape, " into shape ", to.shape,
           "; the shapes must be equal");
  Var* const reads[] = {&from.chunk->var};
  Var* const writes[] = {&to.chunk->var};
  const Access access(reads, writes);
  if (!from.device().is_cpu() || !to.device().is_cpu()) return copy_with_devices(from, to);
  const engine::Computing computing;
  if (from.dtype == to.dtype) return copy_bytes(from.data(), to.data(), static_cast<int64_t>(from.bytes()));
  convert(from, to);
}

}  // namespace mx
