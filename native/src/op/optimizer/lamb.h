// What the operators of LAMB for one weight and for many share. Phase 1 finds the step, phase 2 takes it.
#pragma once
#include "fields.h"

namespace mx {

struct LambParam {
  float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-6f;
  int32_t t = 0;
  bool bias_correction = true;
  float wd = 0, rescale_grad = 1, clip_gradient = -1;
  static void fields(auto& f) {
    beta_fields<LambParam>(f);
    f.add("t", &LambParam::t, "The number of this update, from 1 on.").required();
    f.add("bias_correction", &LambParam::bias_correction, "Divide mean and var by 1 - beta^t.");
    wd_field<LambParam>(f).required();
    rescale_field<LambParam>(f);
    clip_field<LambParam>(f);
  }
};
struct LambStepParam {
  float lr = 0, lower_bound = -1, upper_bound = -1;
  static void fields(auto& f) {
    lr_field<LambStepParam>(f);
    f.add("lower_bound", &LambStepParam::lower_bound,
          "The norm of the weight counts as this at least. Negative: no bound.");
    f.add("upper_bound", &LambStepParam::upper_bound,
          "The norm of the weight counts as this at most. Negative: no bound.");
  }
};
// The parameters of phase 1, with what is the same for all elements.
struct LambDirection {
  LambParam p;
  double mean_correction = 1, var_correction = 1;
};

#if defined(MX_PASS_HOST)
LambDirection lamb_direction(const LambParam& p, std::string_view op);
#endif

}  // namespace mx
