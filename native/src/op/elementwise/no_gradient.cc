#include "mx/op.h"

namespace mx {
MX_OPERATOR(_NoGradient) {
  op.describe("Stands where a gradient does not exist. It has neither shape nor value, and cannot be computed.")
      .no_gradient()
      .infer_shape([](const InferShape&) {})
      .infer_dtype([](const InferDType&) {})
      .forward([](const OpContext&) {
        raise(ErrorKind::kUnsupported, "[_NoGradient] has no value: it stands where a gradient does not exist");
      });
}
}  // namespace mx
