#pragma once
#include "rows.h"

namespace mx {

struct TakeParam {
  int32_t axis = 0;
  enum Mode : int32_t { kClip, kRaise, kWrap } mode = kClip;
  static void fields(auto& f) {
    f.add("axis", &TakeParam::axis, "The axis to take from; negative ones count from the end.");
    f.add("mode", &TakeParam::mode,
          "What an index out of range means: the nearest one (clip), an error, or counting on from "
          "the other end (wrap).")
        .names({"clip", "raise", "wrap"});
  }
  OutOfRange out_of_range() const {
    return mode == kClip ? OutOfRange::kClip : mode == kWrap ? OutOfRange::kWrap : OutOfRange::kRaise;
  }
};

}  // namespace mx
