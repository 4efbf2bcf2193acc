#include "mx/op/sum.h"

#include "op/reduce/fetched.h"

namespace mx::MX_ISA {
struct PlainSum : Sum {
  static constexpr bool kIsSum = true;
};
}  // namespace mx::MX_ISA

MX_KERNELS(sum, FetchedReduce<PlainSum>, float, double, int32_t, int64_t)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(sum) {
  reduce(op).describe("The sum over axes.").alias("sum_axis").gradient([](GradientContext& g) {
    g.set(0, g.call_same("_backward_sum", {g.head(), g.input(0)}).at(0));
  });
}
MX_OPERATOR(_backward_sum) {
  spread_gradient(op, false).gradient([](GradientContext& g) { g.set(0, g.call_same("sum", {g.head()}).at(0)); });
}
}  // namespace mx
#endif
