// Scratch memory of kernels: a stack per thread, emptied after each operator.
#pragma once
#include <cstddef>

namespace mx {

// What was asked for through OpContext::workspace since the scope began is given back at its end.
class WorkspaceScope {
 public:
  WorkspaceScope();
  ~WorkspaceScope();
  WorkspaceScope(const WorkspaceScope&) = delete;

 private:
  size_t blocks_, used_;
};

}  // namespace mx
