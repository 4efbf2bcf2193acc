// Probabilities of counts. They have no gradient by the count.
#include "pdf.h"

namespace mx::MX_ISA {

struct PoissonPdf {
  template <class T>
  MX_XPU T log(T x, T lam) const {
    return x * MX_ISA::log(lam) - lam - lgamma(x + T(1));
  }
  template <int kArgument, class T>
  MX_XPU T slope(T x, T lam) const {
    return x / lam - T(1);
  }
};

struct NegativeBinomialPdf {
  template <class T>
  MX_XPU T log(T x, T k, T p) const {
    return lgamma(x + k) - lgamma(x + T(1)) - lgamma(k) + k * MX_ISA::log(p) + x * MX_ISA::log(T(1) - p);
  }
  template <int kArgument, class T>
  MX_XPU T slope(T x, T k, T p) const {
    if constexpr (kArgument == 1) return digamma(x + k) - digamma(k) + MX_ISA::log(p);
    return k / p - x / (T(1) - p);
  }
};

// k = 1 / alpha and p = 1 / (1 + mu alpha) of the above.
struct GeneralizedNegativeBinomialPdf {
  template <class T>
  MX_XPU T log(T x, T mu, T alpha) const {
    return NegativeBinomialPdf().log(x, T(1) / alpha, T(1) / (mu * alpha + T(1)));
  }
  template <int kArgument, class T>
  MX_XPU T slope(T x, T mu, T alpha) const {
    const NegativeBinomialPdf of;
    const T k = T(1) / alpha, p = T(1) / (mu * alpha + T(1)), by_p = of.slope<2>(x, k, p);
    if constexpr (kArgument == 1) return by_p * -alpha * p * p;
    return of.slope<1>(x, k, p) * -k * k + by_p * -mu * p * p;
  }
};

}  // namespace mx::MX_ISA

MX_KERNELS(_random_pdf_poisson, Elementwise<Pdf<PoissonPdf>>, float, double)
MX_KERNELS(_random_pdf_poisson_1, Elementwise<PdfSlope1<PoissonPdf>>, float, double)
MX_KERNELS(_random_pdf_negative_binomial, Elementwise<Pdf<NegativeBinomialPdf>>, float, double)
MX_KERNELS(_random_pdf_negative_binomial_1, Elementwise<PdfSlope1<NegativeBinomialPdf>>, float, double)
MX_KERNELS(_random_pdf_negative_binomial_2, Elementwise<PdfSlope2<NegativeBinomialPdf>>, float, double)
MX_KERNELS(_random_pdf_generalized_negative_binomial, Elementwise<Pdf<GeneralizedNegativeBinomialPdf>>, float, double)
MX_KERNELS(_random_pdf_generalized_negative_binomial_1, Elementwise<PdfSlope1<GeneralizedNegativeBinomialPdf>>, float,
           double)
MX_KERNELS(_random_pdf_generalized_negative_binomial_2, Elementwise<PdfSlope2<GeneralizedNegativeBinomialPdf>>, float,
           double)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(_random_pdf_poisson) {
  pdf(op, {"lam"})
      .alias("random_pdf_poisson")
      .describe("The probabilities of counts in Poisson distributions of mean lam.");
}
MX_OPERATOR(_backward_random_pdf_poisson) { pdf_gradient(op, {"lam"}); }
MX_OPERATOR(_random_pdf_negative_binomial) {
  pdf(op, {"k", "p"})
      .alias("random_pdf_negative_binomial")
      .describe(
          "The probabilities of so many failures before the k-th success, which has the probability p each time.");
}
MX_OPERATOR(_backward_random_pdf_negative_binomial) { pdf_gradient(op, {"k", "p"}); }
MX_OPERATOR(_random_pdf_generalized_negative_binomial) {
  pdf(op, {"mu", "alpha"})
      .alias("random_pdf_generalized_negative_binomial")
      .describe("The probabilities of counts in negative binomial distributions of mean mu and dispersion alpha.");
}
MX_OPERATOR(_backward_random_pdf_generalized_negative_binomial) { pdf_gradient(op, {"mu", "alpha"}); }
}  // namespace mx
#endif
