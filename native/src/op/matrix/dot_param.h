// Parameters of dot and batch_dot.
#pragma once
#include "mx/op.h"

namespace mx {

struct DotParam {
  bool transpose_a = false, transpose_b = false;
  enum Storage : int32_t { kCsr, kDefault, kRowSparse };
  std::optional<Storage> forward_stype;
  static void fields(auto& f) {
    f.add("transpose_a", &DotParam::transpose_a, "Whether the first array is transposed first.");
    f.add("transpose_b", &DotParam::transpose_b, "Whether the second array is transposed first.");
    f.add("forward_stype", &DotParam::forward_stype,
          "Storage wanted for the output; arrays are dense whatever it says.")
        .names({"csr", "default", "row_sparse"});
  }
};

}  // namespace mx
