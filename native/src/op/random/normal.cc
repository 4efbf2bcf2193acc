#include "distribution.h"

namespace mx::MX_ISA {
struct SpreadNormal {
  template <class T>
  MX_XPU T operator()(T unit, T mean, T deviation) const {
    return mean + unit * deviation;
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(sample_normal, Elementwise<SpreadNormal>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
namespace {

struct Normal {
  float loc = 0, scale = 1;
  template <class P>
  static void numbers(auto& f) {
    f.add("loc", static_cast<float P::*>(&P::loc), "The mean.");
    f.add("scale", static_cast<float P::*>(&P::scale), "The standard deviation.").range(0);
  }
  std::array<double, 2> values() const { return {loc, scale}; }
  void check(std::string_view) const {}
  static void draw(const OpContext& ctx, std::span<const Tensor> p, const Tensor& out) {
    const Tensor raw = raw_numbers(ctx, out), in[] = {raw, p[0], p[1]};
    fill_normal(*ctx.random, raw);
    run_elementwise(get_kernel("sample_normal"), in, std::span(&out, 1));
  }
};

}  // namespace

MX_OPERATOR(_random_normal) {
  from_numbers<Normal>(op)
      .alias("random_normal")
      .alias("normal")
      .describe("Numbers drawn from a normal distribution.")
      .portable_forward([](const OpContext& ctx) {
        const Normal& d = ctx.as<NumbersParam<Normal>>();
        fill_normal(*ctx.random, ctx.out[0], d.loc, d.scale);
      });
}
MX_OPERATOR(_random_normal_like) {
  from_numbers_like<Normal>(op)
      .describe("Numbers drawn from a normal distribution, in the shape and dtype of an array.")
      .portable_forward([](const OpContext& ctx) {
        const Normal& d = ctx.as<LikeParam<Normal>>();
        fill_normal(*ctx.random, ctx.out[0], d.loc, d.scale);
      });
}
MX_OPERATOR(_sample_normal) {
  from_arrays<Normal>(op, {"mu", "sigma"})
      .alias("sample_normal")
      .describe("Numbers drawn from normal distributions with mean mu and standard deviation sigma, for each element.");
}

}  // namespace mx
#endif
