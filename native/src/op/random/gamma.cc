#include "distribution.h"
#include "sample.h"

namespace mx::MX_ISA {
struct SampleGamma {
  MX_XPU double operator()(RandomStream& random, double alpha, double beta) const {
    return draw_gamma(random, alpha, beta);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(sample_gamma, Sample<SampleGamma>, double)

#if defined(MX_PASS_HOST)
namespace mx {
namespace {

struct Gamma {
  float alpha = 1, beta = 1;
  template <class P>
  static void numbers(auto& f) {
    f.add("alpha", static_cast<float P::*>(&P::alpha), "The shape of the distribution.");
    f.add("beta", static_cast<float P::*>(&P::beta), "The scale: the mean is alpha * beta.");
  }
  std::array<double, 2> values() const { return {alpha, beta}; }
  void check(std::string_view op) const {
    MX_CHECK(alpha > 0 && beta > 0, kValue, "[", op, "] alpha is ", alpha, " and beta is ", beta,
             ", but both must be positive");
  }
  static void draw(const OpContext& ctx, std::span<const Tensor> p, const Tensor& out) {
    run_sample(ctx, "sample_gamma", p, out);
  }
};

}  // namespace

MX_OPERATOR(_random_gamma) {
  from_numbers<Gamma>(op).alias("random_gamma").describe("Numbers drawn from a gamma distribution.");
}
MX_OPERATOR(_random_gamma_like) {
  from_numbers_like<Gamma>(op).describe("Numbers drawn from a gamma distribution, in the shape and dtype of an array.");
}
MX_OPERATOR(_sample_gamma) {
  from_arrays<Gamma>(op, {"alpha", "beta"})
      .alias("sample_gamma")
      .describe("Numbers drawn from gamma distributions of shape alpha and scale beta, for each element.");
}

}  // namespace mx
#endif
