// An array: a typed, shaped window on a chunk of memory. Dense and in C order, always.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "device/stream.h"
#include "engine/engine.h"
#include "mx/base/ref.h"
#include "mx/base/shape.h"
#include "mx/opdef.h"
#include "storage/storage.h"

namespace mx {

struct Node;

// Memory that one or several arrays look at, with the dependency variable that orders their use.
struct Chunk : RefCounted {
  Chunk(size_t bytes, Device device);                                             // from the pool
  Chunk(void* data, size_t bytes, Device device, std::function<void()> release);  // somebody else's
  ~Chunk() override;

  void* data = nullptr;
  size_t bytes = 0;
  Device device;
  Var var;
  // Somebody may write the memory without raising the version of `var`: it was lent to other libraries, or is theirs.
  std::atomic<bool> shared{false};

 private:
  std::function<void()> release_;       // empty: the pool's
  std::unique_ptr<device::Uses> uses_;  // null on the CPU
};

// What the tape knows about an array; defined in executor/autograd.h.
struct TapeEntry {
  virtual ~TapeEntry() = default;
};

struct NDArray : RefCounted {
  NDArray(const Shape& shape, DType dtype, Device device = {});
  NDArray(Ref<Chunk> chunk, size_t byte_offset, const Shape& shape, DType dtype);
  ~NDArray() override;

  Ref<Chunk> chunk;  // null: a "none" array, shape unknown
  size_t byte_offset = 0;
  Shape shape;
  DType dtype;
  std::unique_ptr<TapeEntry> tape;

  void* data() const { return chunk ? static_cast<char*>(chunk->data) + byte_offset : nullptr; }
  int64_t size() const { return shape.size(); }
  size_t bytes() const { return static_cast<size_t>(size()) * size_of(dtype); }
  Device device() const { return chunk ? chunk->device : Device{}; }
  Tensor tensor() const { return {data(), shape, dtype}; }
  uint64_t version() const { return chunk ? chunk->var.version() : 0; }
  // Shares memory. `offset` in elements; raises kValue when the view would leave the array.
  Ref<NDArray> view(int64_t offset, const Shape& shape) const;
};
using NDArrayRef = Ref<NDArray>;

// Waits for work on the array, and raises the error that this work may have left.
void wait_to_read(const NDArray& array);
void wait_to_write(const NDArray& array);
// Copies with conversion of dtype; equal shapes.
void copy(const NDArray& from, NDArray& to);

}  // namespace mx
