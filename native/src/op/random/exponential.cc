#include "distribution.h"

namespace mx::MX_ISA {
struct SpreadExponential {
  template <class T>
  MX_XPU T operator()(T unit, T rate) const {
    return -log1p(-unit) / rate;
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(sample_exponential, Elementwise<SpreadExponential>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
namespace {

struct Exponential {
  float lam = 1;
  template <class P>
  static void numbers(auto& f) {
    f.add("lam", static_cast<float P::*>(&P::lam), "The rate: one over the mean.");
  }
  std::array<double, 1> values() const { return {lam}; }
  void check(std::string_view op) const {
    MX_CHECK(lam > 0, kValue, "[", op, "] lam is ", lam, ", but must be positive");
  }
  static void draw(const OpContext& ctx, std::span<const Tensor> p, const Tensor& out) {
    const Tensor raw = raw_numbers(ctx, out), in[] = {raw, p[0]};
    fill_uniform(*ctx.random, raw);
    run_elementwise(get_kernel("sample_exponential"), in, std::span(&out, 1));
  }
};

}  // namespace

MX_OPERATOR(_random_exponential) {
  from_numbers<Exponential>(op).alias("random_exponential").describe("Numbers drawn from an exponential distribution.");
}
MX_OPERATOR(_random_exponential_like) {
  from_numbers_like<Exponential>(op).describe(
      "Numbers drawn from an exponential distribution, in the shape and dtype of an array.");
}
MX_OPERATOR(_sample_exponential) {
  from_arrays<Exponential>(op, {"lam"})
      .alias("sample_exponential")
      .describe("Numbers drawn from exponential distributions of rate lam, for each element.");
}

}  // namespace mx
#endif
