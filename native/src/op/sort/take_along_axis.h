#pragma once
#include "mx/params.h"

namespace mx {

struct AxisParam {
  std::optional<int32_t> axis;
  static void fields(auto& f) {
    f.add("axis", &AxisParam::axis, "The axis; negative ones count from the end. None: the flattened array.");
  }
};

}  // namespace mx
