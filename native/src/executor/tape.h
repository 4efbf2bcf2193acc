// What recorded work keeps for its gradient.
#pragma once
#include <memory>
#include <vector>

#include "graph/node.h"
#include "ndarray/ndarray.h"

namespace mx {

// An array as it was when it was recorded. It holds memory, never history: history holds it.
struct SavedArray {
  Ref<Chunk> chunk;
  size_t byte_offset = 0;
  Shape shape;
  DType dtype = DType::kFloat32;
  uint64_t version = 0;

  SavedArray() = default;
  SavedArray(const NDArray& array, uint64_t at_version)
      : chunk(array.chunk),
        byte_offset(array.byte_offset),
        shape(array.shape),
        dtype(array.dtype),
        version(at_version) {}
  NDArrayRef array() const { return make_ref<NDArray>(chunk, byte_offset, shape, dtype); }
};

// The user's function behind a recorded node; see MXAutogradRecordFunction.
struct UserFunction {
  MXFunctionBackward callback;
  void* context;
  void (*release)(void*);
};
struct FunctionOwner {
  explicit FunctionOwner(const UserFunction& owned) : function(owned) {}
  FunctionOwner(const FunctionOwner&) = delete;
  ~FunctionOwner() {
    if (function.release) function.release(function.context);
  }
  UserFunction function;
};

// Attached to the node of recorded work, or to that of a marked variable.
struct TapeRecord {
  std::vector<SavedArray> inputs, outputs;
  std::unique_ptr<FunctionOwner> function;
  NDArrayRef gradient;        // of a marked variable
  int request = MX_REQ_NULL;  // of a marked variable
  bool fresh = false;         // that gradient: a backward has written it since somebody said that it is used
  bool freed = false;         // a backward without retain_graph has passed here
};

// Attached to an array: where on the tape it stands.
struct TapePosition final : TapeEntry {
  explicit TapePosition(Entry at) : entry(std::move(at)) {}
  Entry entry;
};
inline const Entry* tape_entry(const NDArray& array) {
  return array.tape ? &static_cast<const TapePosition*>(array.tape.get())->entry : nullptr;
}

}  // namespace mx
