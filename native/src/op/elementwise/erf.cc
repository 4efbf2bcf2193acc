#include "op/streamed.h"

namespace mx::MX_ISA {
#if defined(MX_FLOATS)
// A polynomial for each of sixteen stretches around multiples of 33/128, of the distance from there. From 3.93 on the
// result rounds to 1.
MX_INLINE Floats erf(Floats x) {
  alignas(64) static constexpr float c[6][16] = {
      {0.f, .284591436f, .534123063f, .725959837f, .855271816f, .931698084f, .971302092f, .9892959f, .996463776f,
       .998967111f, .999733686f, .999939442f, .999987841f, .999997854f, .999999642f, .99999994f},
      {1.12837923f, 1.05581713f, .86494714f, .620379865f, .389576763f, .214188278f, .103101633f, .0434512906f,
       .0160327144f, .00517939078f, .00146493234f, .00036276356f, 7.86496894e-5f, 1.49292382e-5f, 2.481107e-6f,
       3.61011161e-7f},
      {-1.42341105e-5f, -.272200465f, -.445994258f, -.479821265f, -.401754767f, -.276109487f, -.15948683f,
       -.0784117654f, -.0330791473f, -.0120072896f, -.00378614222f, -.00102898909f, -.000229670593f, -4.6803958e-5f,
       3.3505687e-6f, 5.44037221e-6f},
      {-.375585496f, -.305174947f, -.135026976f, .040609844f, .146344796f, .16587618f, .130103499f, .0798614174f,
       .0401237346f, .0168636199f, .0060029095f, .00182401389f, .000475595618f, .000106807405f, 2.07166959e-5f,
       3.47777564e-6f},
      {-.00654985197f, .129254714f, .183001205f, .143637434f, .058807984f, -.0140725197f, -.047087878f, -.0460639484f,
       -.029671751f, -.0162373334f, -.00596129801f, -.00225232728f, -.00147804816f, -.000358000514f, -.000769648235f,
       -.00041447964f},
      {.137276724f, .079107441f, .00406652503f, -.0561497435f, -.0677327067f, -.0419072285f, -.00983515475f,
       .0090397587f, .0129525736f, .0093748467f, .00489841355f, .00201273011f, .000674739364f, .000188376653f,
       4.43098688e-5f, 8.85150166e-6f}};
  const Floats a = smaller(abs(x), spread(3.98f));
  const Floats shifted = fma(a, spread(3.87878788f), spread(12582912.f));  // the number of the stretch in the low bits
  const Floats r = fma(shifted - 12582912.f, spread(-.2578125f), a);
  const auto stretch = bits<__m512i>(shifted);
  Floats p[6];
#pragma GCC unroll 6
  for (int i = 0; i < 6; ++i) p[i] = look_up(c[i], stretch);
  return with_sign(polynomial(r, p), x);
}
#endif

struct Erf {
  static constexpr bool kVectors = true;
  template <class T>
  MX_XPU T operator()(T x) const {
    return erf(x);
  }
};
}  // namespace mx::MX_ISA

MX_KERNELS(erf, Vectorized<Erf>, float, double)
MX_STREAMED(erf, Erf)

#if defined(MX_PASS_HOST)
namespace mx {
MX_OPERATOR(erf) {
  unary(op).describe("The error function of every element.").gradient([](GradientContext& g) {
    g.set(0, g.call("elemwise_mul",
                    {g.head(),
                     g.call("_mul_scalar", {g.call("exp", {g.call("negative", {g.call("square", {g.input(0)})})})},
                            ScalarParam{1.1283791670955126, false})}));
  });
}
}  // namespace mx
#endif
