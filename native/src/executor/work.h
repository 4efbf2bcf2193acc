// The steps of a plan before memory is known, as the passes of the compiler see them.
#pragma once
#include <vector>

#include "graph/node.h"
#include "ndarray/ndarray.h"

namespace mx {

// One step. Inputs and outputs are numbers of entries.
struct Work {
  Ref<Node> node;
  const OpDef* op;
  Params params;
  std::vector<int> in, out;
  bool backward = false;
  bool inserted = false;                                  // by a pass: no node of the symbol
  std::vector<Format> in_formats = {}, out_formats = {};  // of each input and output; none: all plain
  Device device = {};

  bool reads(size_t input) const { return !op->reads_fn || op->reads_fn(params.data(), input); }
  Format in_format(size_t i) const { return in_formats.empty() ? Format::kPlain : in_formats[i]; }
  Format out_format(size_t o) const { return out_formats.empty() ? Format::kPlain : out_formats[o]; }
};

// The values between the steps. First those of the graph, then what passes add.
struct Entries {
  std::vector<Shape> shapes;
  std::vector<DType> dtypes;
  std::vector<NDArrayRef> arrays;  // null: in an arena, or a head gradient
  std::vector<Device> devices;
  std::vector<bool> rewritten;  // a variable that some step writes: copies of it go stale

  int add(const Shape& shape, DType dtype, Device device) {
    shapes.push_back(shape);
    dtypes.push_back(dtype);
    arrays.emplace_back();
    devices.push_back(device);
    rewritten.push_back(false);
    return static_cast<int>(shapes.size()) - 1;
  }
};

}  // namespace mx
