#include "mx/op/sum.h"
#include "op/reduce/fetched.h"

namespace mx::MX_ISA {
struct Mean : Sum {
  static constexpr bool kIsSum = true;
  template <class T>
  MX_XPU T finish(T sum, int64_t count) const {
    return sum / T(count);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(mean, FetchedReduce<Mean>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(mean) {
  reduce(op).describe("The mean over axes.").gradient([](GradientContext& g) {
    g.set(0, g.call_same("_backward_mean", {g.head(), g.input(0)}).at(0));
  });
}
MX_OPERATOR(_backward_mean) {
  spread_gradient(op, true).gradient([](GradientContext& g) { g.set(0, g.call_same("mean", {g.head()}).at(0)); });
}
}  // namespace mx
#endif
