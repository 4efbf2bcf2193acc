// The functions of Activation, for the operators that contain one.
#pragma once
#include "mx/op.h"

namespace mx {

struct ActivationParam {
  enum Type : int32_t { kRelu, kSigmoid, kSoftrelu, kSoftsign, kTanh } act_type = kRelu;
  static void fields(auto& f) {
    f.add("act_type", &ActivationParam::act_type, "The function.")
        .names({"relu", "sigmoid", "softrelu", "softsign", "tanh"})
        .required();
  }
};

#if defined(MX_PASS_HOST)
// data and out may be one array.
void activate(ActivationParam::Type type, const Tensor& data, const Tensor& out);
#endif

}  // namespace mx
