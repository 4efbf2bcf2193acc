#include "executor/workspace.h"

#include <vector>

#include "device/scope.h"
#include "mx/opdef.h"
#include "storage/storage.h"

namespace mx {
namespace {

constexpr size_t kFirstBlock = size_t{1} << 20;  // kept for the life of the thread; larger ones go back to the pool
constexpr size_t kAlignment = 64;

struct Block {
  void* data;
  size_t bytes;
};

struct Stack {
  std::vector<Block> blocks;
  size_t used = 0;  // of the last block

  ~Stack() { shrink(0); }
  void shrink(size_t count) {
    for (; blocks.size() > count; blocks.pop_back())
      storage::release(blocks.back().data, blocks.back().bytes, Device{});
  }
  void* take(size_t bytes) {
    bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    if (blocks.empty() || blocks.back().bytes - used < bytes) {
      const size_t size = blocks.empty() && bytes < kFirstBlock ? kFirstBlock : bytes;
      blocks.reserve(blocks.size() + 1);
      blocks.push_back({storage::allocate(size, Device{}), size});
      used = 0;
    }
    void* data = static_cast<char*>(blocks.back().data) + used;
    used += bytes;
    return data;
  }
};

thread_local Stack stack __attribute__((tls_model("initial-exec")));

}  // namespace

WorkspaceScope::WorkspaceScope() : blocks_(stack.blocks.size()), used_(stack.used) {}

WorkspaceScope::~WorkspaceScope() {
  if (stack.used == used_ && stack.blocks.size() == blocks_) return;
  if (blocks_ == 0 && stack.blocks.size() > 0 && stack.blocks.front().bytes == kFirstBlock) {
    stack.shrink(1);
    stack.used = 0;
    return;
  }
  stack.shrink(blocks_);
  stack.used = used_;
}

void* OpContext::workspace(size_t bytes) const {
  MX_CHECK(bytes < size_t{1} << 48, kMemory, "[", op.name, "] asks for ", bytes, " bytes of scratch memory");
  if (device::Scope* scope = device::current()) return scope->workspace(bytes);
  return bytes ? stack.take(bytes) : nullptr;
}

}  // namespace mx
