// Parameters that many rules share, with the words that explain them. P is the operator's struct.
#pragma once
#include "mx/op/optimizer.h"

namespace mx {

template <class P>
void lr_field(auto& f) {
  f.add("lr", &P::lr, "The learning rate.").required();
}
template <class P>
void beta_fields(auto& f) {
  f.add("beta1", &P::beta1, "How much of the mean is kept.");
  f.add("beta2", &P::beta2, "How much of the mean square is kept.");
  f.add("epsilon", &P::epsilon, "Keeps divisors away from 0.");
}
template <class P>
auto& wd_field(auto& f) {
  return f.add("wd", &P::wd, "The weight decay.");
}
template <class P>
void rescale_field(auto& f) {
  f.add("rescale_grad", &P::rescale_grad, "Factor of the gradient.");
}
template <class P>
void clip_field(auto& f) {
  f.add("clip_gradient", &P::clip_gradient, "The rescaled gradient is limited to +- this. Negative: no limit.");
}

}  // namespace mx
