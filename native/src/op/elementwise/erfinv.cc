#include "mx/op/special.h"
#include "op/elementwise/log_vectors.h"
#include "op/streamed.h"

namespace mx::MX_ISA {
#if defined(MX_FLOATS)
// As of one number (mx/op/special.h).
MX_INLINE Floats erfinv(Floats x) {
  const Floats a = abs(x), w = -log((1.f - a) * (1.f + a));
  const __mmask16 far = _mm512_cmp_ps_mask(w, spread(5.f), _CMP_GE_OQ);
  Floats p = polynomial(w - 2.5f, 1.50140941f, .246640727f, -.00417768164f, -.00125372503f, .00021858087f,
                        -4.39150654e-6f, -3.5233877e-6f, 3.43273939e-7f, 2.81022636e-8f);
  if (far) [[unlikely]] {
    const Floats root = _mm512_maskz_sqrt_ps(far, w);
    const Floats q = polynomial(root - 3.f, 2.83297682f, 1.00167406f, .00943887047f, -.0076224613f, .00573950773f,
                                -.00367342844f, .00134934322f, .000100950558f, -.000200214257f);
    p = _mm512_mask_mov_ps(p, far, q);
    p = _mm512_mask_mov_ps(p, _mm512_cmp_ps_mask(a, spread(1.f), _CMP_EQ_OQ), spread(__builtin_inff()));
  }
  return with_sign(a * p, x);
}
#endif

struct ErfInverse {
  static constexpr bool kVectors = true;
  template <class T>
  MX_XPU T operator()(T x) const {
    return erfinv(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(erfinv, Vectorized<ErfInverse>, float, double)
MX_STREAMED(erfinv, ErfInverse)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(erfinv) {
  unary(op)
      .alias("_npx_erfinv")
      .describe("The inverse of the error function, for every element between -1 and 1; NaN elsewhere.")
      .gradient([](GradientContext& g) {
        const Value slope = g.call("_mul_scalar", {g.call("exp", {g.call("square", {g.output(0)})})},
                                   ScalarParam{0.8862269254527580, false});  // sqrt(pi) / 2
        g.set(0, g.call("elemwise_mul", {g.head(), slope}));
      });
}
}  // namespace mx
#endif
