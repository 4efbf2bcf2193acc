// Densities of continuous distributions. Points outside of the support are not looked for.
#include "pdf.h"

namespace mx::MX_ISA {

struct UniformPdf {
  template <class T>
  MX_XPU T log(T, T low, T high) const {
    return -MX_ISA::log(high - low);
  }
  template <int kArgument, class T>
  MX_XPU T slope(T, T low, T high) const {
    return kArgument == 1 ? T(1) / (high - low) : T(-1) / (high - low);
  }
};

struct NormalPdf {
  template <class T>
  MX_XPU T log(T x, T mu, T sigma) const {
    const T d = (x - mu) / sigma;
    return T(-.5) * d * d - MX_ISA::log(sigma) - T(.9189385332046728);
  }
  template <int kArgument, class T>
  MX_XPU T slope(T x, T mu, T sigma) const {
    const T d = (x - mu) / sigma;
    return kArgument == 0 ? -d / sigma : kArgument == 1 ? d / sigma : (d * d - T(1)) / sigma;
  }
};

struct ExponentialPdf {
  template <class T>
  MX_XPU T log(T x, T lam) const {
    return MX_ISA::log(lam) - lam * x;
  }
  template <int kArgument, class T>
  MX_XPU T slope(T x, T lam) const {
    return kArgument == 0 ? -lam : T(1) / lam - x;
  }
};

// beta is the rate here, unlike in the operators that draw.
struct GammaPdf {
  template <class T>
  MX_XPU T log(T x, T alpha, T beta) const {
    return alpha * MX_ISA::log(beta) + (alpha - T(1)) * MX_ISA::log(x) - beta * x - lgamma(alpha);
  }
  template <int kArgument, class T>
  MX_XPU T slope(T x, T alpha, T beta) const {
    if constexpr (kArgument == 0) return (alpha - T(1)) / x - beta;
    if constexpr (kArgument == 1) return MX_ISA::log(beta) + MX_ISA::log(x) - digamma(alpha);
    return alpha / beta - x;
  }
};

}  // namespace mx::MX_ISA

MX_KERNELS(_random_pdf_uniform, Elementwise<Pdf<UniformPdf>>, float, double)
MX_KERNELS(_random_pdf_uniform_1, Elementwise<PdfSlope1<UniformPdf>>, float, double)
MX_KERNELS(_random_pdf_uniform_2, Elementwise<PdfSlope2<UniformPdf>>, float, double)
MX_KERNELS(_random_pdf_normal, Elementwise<Pdf<NormalPdf>>, float, double)
MX_KERNELS(_random_pdf_normal_0, Elementwise<PdfSlope0<NormalPdf>>, float, double)
MX_KERNELS(_random_pdf_normal_1, Elementwise<PdfSlope1<NormalPdf>>, float, double)
MX_KERNELS(_random_pdf_normal_2, Elementwise<PdfSlope2<NormalPdf>>, float, double)
MX_KERNELS(_random_pdf_exponential, Elementwise<Pdf<ExponentialPdf>>, float, double)
MX_KERNELS(_random_pdf_exponential_0, Elementwise<PdfSlope0<ExponentialPdf>>, float, double)
MX_KERNELS(_random_pdf_exponential_1, Elementwise<PdfSlope1<ExponentialPdf>>, float, double)
MX_KERNELS(_random_pdf_gamma, Elementwise<Pdf<GammaPdf>>, float, double)
MX_KERNELS(_random_pdf_gamma_0, Elementwise<PdfSlope0<GammaPdf>>, float, double)
MX_KERNELS(_random_pdf_gamma_1, Elementwise<PdfSlope1<GammaPdf>>, float, double)
MX_KERNELS(_random_pdf_gamma_2, Elementwise<PdfSlope2<GammaPdf>>, float, double)

#if defined(MX_PASS_HOST)
namespace mx {
// The same at all points of a distribution, and computed once.
static void forward_uniform(const OpContext& ctx) {
  const Tensor &low = ctx.in[1], &high = ctx.in[2], &out = ctx.out[0];
  if (out.size() == 0) return;
  Tensor each{out.data, low.shape, out.dtype};
  if (low.size() < out.size()) each.data = ctx.workspace(each.bytes());
  const Tensor in[] = {low, low, high};  // the first one in place of points
  run_elementwise(get_kernel("_random_pdf_uniform"), in, {&each, 1}, ctx.params);
  if (each.data == out.data) return;
  const Tensor spread = along_points(each, out.shape);
  run_elementwise(get_kernel("copy"), {&spread, 1}, ctx.out);
}

MX_OPERATOR(_random_pdf_uniform) {
  pdf(op, {"low", "high"})
      .portable_forward(forward_uniform)
      .alias("random_pdf_uniform")
      .describe("The density of uniform distributions over [low, high), at points that lie there.");
}
MX_OPERATOR(_backward_random_pdf_uniform) { pdf_gradient(op, {"low", "high"}); }
MX_OPERATOR(_random_pdf_normal) {
  pdf(op, {"mu", "sigma"})
      .alias("random_pdf_normal")
      .describe("The density of normal distributions with mean mu and standard deviation sigma.");
}
MX_OPERATOR(_backward_random_pdf_normal) { pdf_gradient(op, {"mu", "sigma"}); }
MX_OPERATOR(_random_pdf_exponential) {
  pdf(op, {"lam"})
      .alias("random_pdf_exponential")
      .describe("The density of exponential distributions of rate lam, at points that are not negative.");
}
MX_OPERATOR(_backward_random_pdf_exponential) { pdf_gradient(op, {"lam"}); }
MX_OPERATOR(_random_pdf_gamma) {
  pdf(op, {"alpha", "beta"})
      .alias("random_pdf_gamma")
      .describe("The density of gamma distributions of shape alpha and rate beta, at positive points.");
}
MX_OPERATOR(_backward_random_pdf_gamma) { pdf_gradient(op, {"alpha", "beta"}); }
}  // namespace mx
#endif
