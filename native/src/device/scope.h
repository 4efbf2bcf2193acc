// One operator on a device: orders the thread's stream after the work that its arrays wait for, gives the building
// blocks the stream and scratch memory, and writes down in the arrays that they were used.
#pragma once
#include <span>
#include <vector>

#include "device/stream.h"
#include "engine/engine.h"
#include "storage/storage.h"

namespace mx {
class OpDef;
struct NDArray;
struct OpContext;
}  // namespace mx

namespace mx::device {

class Scope {
 public:
  // The caller holds the variables.
  Scope(const char* op, Device device, std::span<Var* const> reads, std::span<Var* const> writes);
  ~Scope();
  Scope(const Scope&) = delete;

  const char* op() const { return op_; }
  int device() const { return stream_.device; }
  Stream& stream() const { return stream_; }
  void* workspace(size_t bytes);

 private:
  struct Block {
    void* data;
    size_t bytes;
  };
  const char* op_;
  Stream& stream_;
  std::span<Var* const> reads_, writes_;
  std::vector<Block> blocks_;
  Scope* outer_;
};

// Arrays that several operators will read: their streams come after what wrote it, and later writers after them.
class Reading {
 public:
  explicit Reading(std::span<NDArray* const> arrays);
  ~Reading();
  Reading(const Reading&) = delete;

 private:
  std::span<NDArray* const> arrays_;
};

// MXBlock::workspace and its like, whose context is a Scope.
void* workspace_of(void* scope, size_t bytes);

// That of the operator which this thread runs on a device; null on the CPU. The building blocks ask.
Scope* current();

// Runs an operator: its operator function, or its forward function where that is made of building blocks. Raises
// kUnsupported where there is neither.
void forward(const OpContext& ctx);
// Is there a kernel of the operator on devices?
bool supports(const OpDef& op);

}  // namespace mx::device
