#pragma once
#include "mx/params.h"

namespace mx {

struct DiagParam {
  int32_t k = 0, axis1 = 0, axis2 = 1;
  static void fields(auto& f) {
    f.add("k", &DiagParam::k, "Which diagonal: 0 the main one, above it positive, below it negative.");
    f.add("axis1", &DiagParam::axis1, "The axis of rows; of arrays with two or more axes.");
    f.add("axis2", &DiagParam::axis2, "The axis of columns.");
  }
};

}  // namespace mx
