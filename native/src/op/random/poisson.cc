#include "distribution.h"
#include "sample.h"

namespace mx::MX_ISA {
struct SamplePoisson {
  MX_XPU double operator()(RandomStream& random, double mean) const { return draw_poisson(random, mean); }
};
}  // namespace mx::MX_ISA

MX_KERNELS(sample_poisson, Sample<SamplePoisson>, double)

#if defined(MX_PASS_HOST)
namespace mx {
namespace {

struct Poisson {
  float lam = 1;
  template <class P>
  static void numbers(auto& f) {
    f.add("lam", static_cast<float P::*>(&P::lam), "The mean.");
  }
  std::array<double, 1> values() const { return {lam}; }
  void check(std::string_view op) const {
    MX_CHECK(lam >= 0, kValue, "[", op, "] lam is ", lam, ", but must not be negative");
  }
  static void draw(const OpContext& ctx, std::span<const Tensor> p, const Tensor& out) {
    run_sample(ctx, "sample_poisson", p, out);
  }
};

}  // namespace

MX_OPERATOR(_random_poisson) {
  from_numbers<Poisson>(op).alias("random_poisson").describe("Counts drawn from a Poisson distribution, as floats.");
}
MX_OPERATOR(_random_poisson_like) {
  from_numbers_like<Poisson>(op).describe(
      "Counts drawn from a Poisson distribution, in the shape and dtype of an array.");
}
MX_OPERATOR(_sample_poisson) {
  from_arrays<Poisson>(op, {"lam"})
      .alias("sample_poisson")
      .describe("Counts drawn from Poisson distributions of mean lam, for each element, as floats.");
}

}  // namespace mx
#endif
