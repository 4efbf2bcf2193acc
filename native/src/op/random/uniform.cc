#include "distribution.h"

namespace mx::MX_ISA {
struct SpreadUniform {
  template <class T>
  MX_XPU T operator()(T unit, T low, T high) const {
    return low + unit * (high - low);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(sample_uniform, Elementwise<SpreadUniform>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
namespace {

struct Uniform {
  float low = 0, high = 1;
  template <class P>
  static void numbers(auto& f) {
    f.add("low", static_cast<float P::*>(&P::low), "The lower bound.");
    f.add("high", static_cast<float P::*>(&P::high), "The upper bound, which is not reached.");
  }
  std::array<double, 2> values() const { return {low, high}; }
  void check(std::string_view op) const {
    MX_CHECK(low <= high, kValue, "[", op, "] low is ", low, ", but must not be greater than high, ", high);
  }
  static void draw(const OpContext& ctx, std::span<const Tensor> p, const Tensor& out) {
    const Tensor raw = raw_numbers(ctx, out), in[] = {raw, p[0], p[1]};
    fill_uniform(*ctx.random, raw);
    run_elementwise(get_kernel("sample_uniform"), in, std::span(&out, 1));
  }
};

}  // namespace

MX_OPERATOR(_random_uniform) {
  from_numbers<Uniform>(op)
      .alias("random_uniform")
      .alias("uniform")
      .describe("Numbers drawn evenly from low (included) to high.")
      .portable_forward([](const OpContext& ctx) {
        const Uniform& d = ctx.as<NumbersParam<Uniform>>();
        d.check(ctx.op.name);
        fill_uniform(*ctx.random, ctx.out[0], d.low, d.high);
      });
}
MX_OPERATOR(_random_uniform_like) {
  from_numbers_like<Uniform>(op)
      .describe("Numbers drawn evenly from low (included) to high, in the shape and dtype of an array.")
      .portable_forward([](const OpContext& ctx) {
        const Uniform& d = ctx.as<LikeParam<Uniform>>();
        d.check(ctx.op.name);
        fill_uniform(*ctx.random, ctx.out[0], d.low, d.high);
      });
}
MX_OPERATOR(_sample_uniform) {
  from_arrays<Uniform>(op, {"low", "high"})
      .alias("sample_uniform")
      .describe("Numbers drawn evenly from low (included) to high, for each element of low and high.");
}

}  // namespace mx
#endif
