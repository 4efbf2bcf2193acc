// Arrays whose elements follow from their place: arange. An operator file supplies a functor with
//   T at<T>(int64_t i)    the element i
#pragma once
#include "mx/op/elementwise.h"

namespace mx::MX_ISA {

template <class F>
struct Index {
  // extra: the place of the first element.
  template <class T>
  static void loop(void* const* out, const void* const*, int64_t n, const LoopArgs& args) {
    const F f = make_functor<F>(args);
    T* const y = static_cast<T*>(out[0]);
    const int64_t first = args.extra[0];
    for (int64_t i = 0; i < n; ++i) y[i] = f.template at<T>(first + i);
  }
};

}  // namespace mx::MX_ISA

#if defined(MX_PASS_HOST)
namespace mx {

// Computed in `lane`, whatever the dtype of `out`.
void run_index(const Kernel& kernel, DType lane, const Tensor& out, const void* params);

}  // namespace mx
#endif
#if defined(MX_PASS_CUDA)
#include "mx/cuda/index.h"
#endif
