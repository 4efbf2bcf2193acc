// Gradients of imperative code: what the thread records, and the way back.
#pragma once
#include <vector>

#include "executor/tape.h"
#include "graph/symbol.h"
#include "ndarray/ndarray.h"

namespace mx::autograd {

struct Mode {
  bool recording = false, training = false;
};
inline Mode& mode() {
  static thread_local constinit Mode of_thread;
  return of_thread;
}

// Does the call belong on the tape? Raises kValue when it would write into an array that stands there.
bool must_record(const OpDef& op, std::span<NDArray* const> inputs, std::span<const NDArrayRef> outputs);
// Puts finished work on the tape. `versions` are those of the inputs that the work saw.
void record(const OpDef& op, Params params, std::span<NDArray* const> inputs, std::span<const uint64_t> versions,
            std::span<const NDArrayRef> outputs);
// After success, the function is released when nothing needs it any more; after a failure it still belongs to the
// caller.
void record_function(std::span<NDArray* const> inputs, std::span<const NDArrayRef> outputs,
                     const UserFunction& function);

// request: MX_REQ_*. MX_REQ_NULL takes the mark away.
void mark_variable(NDArray& variable, NDArrayRef gradient, int request);

struct BackwardOptions {
  bool retain_graph = false, create_graph = false, train_mode = true;
};
// head_gradients may be empty or hold nulls (ones). Without variables, the gradients go to the marked ones; otherwise
// they come back as new arrays.
std::vector<NDArrayRef> backward(std::span<NDArray* const> heads, std::span<NDArray* const> head_gradients,
                                 std::span<NDArray* const> variables, const BackwardOptions& options);

NDArrayRef gradient_of(const NDArray& array);
NDArrayRef detach(const NDArray& array);
// The recorded computation; marked variables and constants become variables var0, var1 ...
SymbolRef get_symbol(const NDArray& array);

}  // namespace mx::autograd
