// The parameters of FullyConnected, for the operators that contain one.
#pragma once
#include "mx/opdef.h"
#include "op/matrix/gemm.h"

namespace mx {

struct FullyConnectedParam {
  int32_t num_hidden = 0;
  bool no_bias = false, flatten = true;
  static void fields(auto& f) {
    using P = FullyConnectedParam;
    f.add("num_hidden", &P::num_hidden, "Size of the last dimension of the output.").required().range(1);
    f.add("no_bias", &P::no_bias, "Whether to leave the bias out.");
    f.add("flatten", &P::flatten,
          "Whether to join all dimensions of data but the first; otherwise only the last one is multiplied.");
  }
};

// Rows and inner size of data. Flattening needs a batch dimension and the rest; a vector is a batch of single numbers.
inline int64_t inner_size(const Shape& data, bool flatten) { return flatten ? data.size(1, data.ndim) : data.back(); }

struct LinearSizes {
  int64_t rows, inner, hidden;
  LinearSizes(const Tensor& data, const FullyConnectedParam& p)
      : inner(inner_size(data.shape, p.flatten)), hidden(p.num_hidden) {
    rows = p.flatten ? data.shape[0] : data.shape.size(0, data.shape.ndim - 1);
  }
  // output = data weight^T [+ bias]
  Gemm product(DType dtype, bool bias) const {
    return {1,
            rows,
            hidden,
            inner,
            row_major(rows, inner),
            transposed(row_major(hidden, inner)),
            row_major(rows, hidden),
            dtype,
            bias};
  }
};

}  // namespace mx
