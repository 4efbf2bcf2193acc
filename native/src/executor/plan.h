// A symbol made ready to run: infer, differentiate, place, prepare.
#pragma once
#include <string>
#include <vector>

#include "executor/memory.h"
#include "executor/place.h"
#include "graph/gradient.h"
#include "graph/symbol.h"
#include "ndarray/ndarray.h"

namespace mx {

// The arrays that a plan works on, in the order of the symbol's lists.
struct Binding {
  Device device;
  std::vector<NDArrayRef> arguments, gradients, auxiliary;  // gradients: null where the request is null
  std::vector<int> requests;                                // MX_REQ_*
  DeviceGroups groups = {};                                 // empty: everything runs on `device`
};

// One operator with everything that it needs.
struct Step {
  Ref<Node> node;  // names the step; kept for messages and the monitor
  const OpDef* op = nullptr;
  Params params;
  std::vector<Tensor> in, out;
  std::vector<Var*> reads, writes;   // of the arrays that others can see
  std::vector<const Chunk*> chunks;  // behind each input that is such an array
  bool inserted = false;             // by a pass: monitors don't see it
  bool brief = false;                // over in microseconds: nobody asks for interrupts before it
  Ref<RefCounted> state;             // what the operator prepared at its first run
  int place = 0;                     // where it runs: of Plan::places
  NDArrayRef source, target;         // of a copy from or to a GPU, which is no kernel; else null
};

// Steps that run together.
struct Pass {
  std::vector<NDArrayRef> zeros;  // set to zero first: gradients that nothing adds to
  std::vector<Step> steps;
  Access::List access;  // all that is read and written

  void prepare();  // fills in `access`
};

// A device of a plan, with the memory for what lies between its steps.
struct Place {
  Device device;
  Ref<Chunk> arena;
};

struct Plan {
  Pass forward, backward;
  std::vector<NDArrayRef> outputs;
  std::vector<Place> places;  // one, unless there are device groups
  MemoryPlan memory;          // of all of them

  // Where the gradient of head `head` is read: set before every backward.
  struct HeadUse {
    int head, step, input;
  };
  std::vector<HeadUse> head_uses;
  std::vector<bool> needs_head;    // by output
  bool draws = false;              // some step of a plan with backward steps takes random numbers
  bool backward_consumes = false;  // the backward steps overwrite what the forward steps left
  std::vector<NDArrayRef> keep;    // the arrays behind the steps

  // Works in another arena from now on, at least as large; for plans on one device.
  void move_to(const Ref<Chunk>& other);
};

struct PlanOptions {
  Reuse reuse = Reuse::kAll;  // of the memory of intermediate results
  bool optimize = true;       // choose layouts, on the CPU
  // For forward(is_train=False) alone: fused, without gradients. Writes the outputs of `general`, and works in its
  // arena when that is large enough.
  const Plan* general = nullptr;
};

Plan compile(const Symbol& symbol, const Binding& binding, const PlanOptions& options);

}  // namespace mx
