// A Poisson distribution whose mean is gamma-distributed, described in two ways.
#include "distribution.h"
#include "sample.h"

namespace mx::MX_ISA {
struct SampleNegativeBinomial {
  MX_XPU double operator()(RandomStream& random, double k, double p) const {
    if (!(k >= 0. && p > 0. && p <= 1.)) return __builtin_nan("");
    return k == 0. || p == 1. ? 0. : draw_poisson(random, draw_gamma(random, k, (1. - p) / p));
  }
};
struct SampleGeneralizedNegativeBinomial {
  MX_XPU double operator()(RandomStream& random, double mu, double alpha) const {
    if (!(mu >= 0. && alpha >= 0.)) return __builtin_nan("");
    if (mu == 0.) return 0.;
    return draw_poisson(random, alpha == 0. ? mu : draw_gamma(random, 1. / alpha, alpha * mu));
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(sample_negative_binomial, Sample<SampleNegativeBinomial>, double)
MX_KERNELS(sample_generalized_negative_binomial, Sample<SampleGeneralizedNegativeBinomial>, double)

#if defined(MX_PASS_HOST)
namespace mx {
namespace {

struct NegativeBinomial {
  int32_t k = 1;
  float p = 1;
  template <class P>
  static void numbers(auto& f) {
    f.add("k", static_cast<int32_t P::*>(&P::k), "How many successes end the trials.");
    f.add("p", static_cast<float P::*>(&P::p), "The probability of a success.");
  }
  std::array<double, 2> values() const { return {static_cast<double>(k), p}; }
  void check(std::string_view op) const {
    MX_CHECK(k >= 0 && p > 0 && p <= 1, kValue, "[", op, "] k is ", k, " and p is ", p,
             ", but k must not be negative, and p must be greater than 0 and at most 1");
  }
  static void draw(const OpContext& ctx, std::span<const Tensor> parameters, const Tensor& out) {
    run_sample(ctx, "sample_negative_binomial", parameters, out);
  }
};

struct GeneralizedNegativeBinomial {
  float mu = 1, alpha = 1;
  template <class P>
  static void numbers(auto& f) {
    f.add("mu", static_cast<float P::*>(&P::mu), "The mean.");
    f.add("alpha", static_cast<float P::*>(&P::alpha), "The dispersion: the variance is mu + alpha * mu^2.");
  }
  std::array<double, 2> values() const { return {mu, alpha}; }
  void check(std::string_view op) const {
    MX_CHECK(mu >= 0 && alpha >= 0, kValue, "[", op, "] mu is ", mu, " and alpha is ", alpha,
             ", but neither may be negative");
  }
  static void draw(const OpContext& ctx, std::span<const Tensor> parameters, const Tensor& out) {
    run_sample(ctx, "sample_generalized_negative_binomial", parameters, out);
  }
};

}  // namespace

MX_OPERATOR(_random_negative_binomial) {
  from_numbers<NegativeBinomial>(op)
      .alias("random_negative_binomial")
      .describe("How many failures come before the k-th success, where each trial succeeds with probability p.");
}
MX_OPERATOR(_random_negative_binomial_like) {
  from_numbers_like<NegativeBinomial>(op).describe(
      "How many failures come before the k-th success, in the shape and dtype of an array.");
}
MX_OPERATOR(_sample_negative_binomial) {
  from_arrays<NegativeBinomial>(op, {"k", "p"})
      .alias("sample_negative_binomial")
      .describe("How many failures come before the k-th success, for each element of k and p.");
}
MX_OPERATOR(_random_generalized_negative_binomial) {
  from_numbers<GeneralizedNegativeBinomial>(op)
      .alias("random_generalized_negative_binomial")
      .describe("Counts drawn from a negative binomial distribution of given mean and dispersion.");
}
MX_OPERATOR(_random_generalized_negative_binomial_like) {
  from_numbers_like<GeneralizedNegativeBinomial>(op).describe(
      "Counts drawn from a negative binomial distribution of given mean and dispersion, in the shape and dtype of an "
      "array.");
}
MX_OPERATOR(_sample_generalized_negative_binomial) {
  from_arrays<GeneralizedNegativeBinomial>(op, {"mu", "alpha"})
      .alias("sample_generalized_negative_binomial")
      .describe("Counts drawn from negative binomial distributions of mean mu and dispersion alpha, for each element.");
}

}  // namespace mx
#endif
