// Reductions that add up.
#pragma once
#include "mx/op/reduce.h"

namespace mx::MX_ISA {

struct Sum {
  template <class T>
  MX_XPU static T identity() {
    return T(0);
  }
  template <class T>
  MX_XPU T map(T x) const {
    return x;
  }
  template <class T>
  MX_XPU T combine(T a, T b) const {
    return add(a, b);
  }
};

// The number of elements for which a functor, made of the parameters, says true.
template <class Predicate>
struct Count : Sum {
  Predicate predicate;
  explicit MX_XPU Count(const LoopArgs& args) : predicate(args) {}
  template <class T>
  MX_XPU T map(T x) const {
    return predicate(x) ? T(1) : T(0);
  }
};

}  // namespace mx::MX_ISA
