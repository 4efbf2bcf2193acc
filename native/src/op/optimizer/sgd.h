// A step of stochastic gradient descent, wherever its learning rate comes from.
#pragma once
#include "mx/op/optimizer.h"

namespace mx::MX_ISA {

template <class T>
struct SgdStep {
  T lr, wd, momentum, rescale, clip;
  template <class P>  // lr and wd are those of p unless they are given
  MX_XPU explicit SgdStep(const P& p) : SgdStep(p, p.lr, p.wd) {}
  template <class P>
  MX_XPU SgdStep(const P& p, T lr, T wd)
      : lr(lr), wd(wd), momentum(p.momentum), rescale(p.rescale_grad), clip(p.clip_gradient) {}
  MX_XPU T scaled(T weight, T grad) const { return lr * (clipped(grad, rescale, clip) + wd * weight); }
  MX_XPU void operator()(T& weight, T grad) const { weight = weight - scaled(weight, grad); }
  MX_XPU void operator()(T& weight, T grad, T& mom) const {
    mom = momentum * mom - scaled(weight, grad);
    weight = weight + mom;
  }
};

}  // namespace mx::MX_ISA
