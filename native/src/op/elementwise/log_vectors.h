// Logarithms of sixteen float32 numbers at once.
#pragma once
#include "mx/op/vectors.h"

#if defined(MX_FLOATS)
namespace mx::MX_ISA {

// x = m 2^k with 3/4 <= m < 3/2, in sixteen pieces by the bits of m. Each has a number that is nearly 1 / m; those are
// so chosen that minus their logarithms, in whole units of 2^-16, are right to 2^-30. So log x is the sum of
// k log 2 - log(inverse), which is exact but for what `two_low` adds, and of log(m inverse).
struct LogTable {
  float two_high, two_low, e;  // log 2 in two parts, and log e
  alignas(64) float inverses[16];
  alignas(64) float logs[16];
};
inline constexpr LogTable kLogs = {
    .693145752f,
    1.42860682e-6f,
    1.f,
    {1.f, .915427923f, .86665684f, .821298301f, .779430866f, .745931625f, .710872054f, .679261386f, 1.30341029f,
     1.25771153f, 1.20997238f, 1.16212857f, 1.12193096f, 1.08694828f, 1.05170751f, 1.f},
    {0.f, .0883636475f, .143112183f, .196868896f, .249191284f, .293121338f, .341262817f, .386749268f, -.264984131f,
     -.229293823f, -.190597534f, -.150253296f, -.11505127f, -.0833740234f, -.0504150391f, 0.f}};
inline constexpr LogTable kLogs2 = {
    1.f,
    0.f,
    1.44269504f,
    {1.f, .913123071f, .864103556f, .821086824f, .780706823f, .742485404f, .7099244f, .682426572f, 1.30277848f,
     1.25415981f, 1.20439661f, 1.1634295f, 1.1237489f, 1.08287609f, 1.05115521f, 1.f},
    {0.f, .131118774f, .210723877f, .284393311f, .357147217f, .42956543f, .494262695f, .551254272f, -.381591797f,
     -.326721191f, -.268310547f, -.218383789f, -.168319702f, -.114868164f, -.071975708f, 0.f}};
inline constexpr LogTable kLogs10 = {
    .301025391f,
    4.60503898e-6f,
    .434294482f,
    {1.f, .914527774f, .864717782f, .819374919f, .781719863f, .743231773f, .709823728f, .682338119f, 1.30409932f,
     1.25175381f, 1.20768857f, 1.16312945f, 1.12257838f, 1.08504105f, 1.04975426f, 1.f},
    {0.f, .0388031006f, .0631256104f, .086517334f, .106948853f, .128875732f, .148849487f, .166000366f, -.115310669f,
     -.0975189209f, -.0819549561f, -.0656280518f, -.0502166748f, -.035446167f, -.0210876465f, 0.f}};

struct LogParts {
  Floats m, k;
  __m512i piece;
};
// k is infinite for zeros and infinities, and m NaN for negative numbers: the results follow from that.
MX_INLINE LogParts log_parts(Floats x) {
  const Floats m = _mm512_maskz_getmant_ps(kAllLanes, x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
  const Floats k = _mm512_maskz_getexp_ps(kAllLanes, x);
  return {m, k - _mm512_maskz_getexp_ps(kAllLanes, m), _mm512_maskz_srli_epi32(kAllLanes, bits<__m512i>(m), 19)};
}
// r: m inverse - 1, between -1/32 and 1/16, or little more.
template <const LogTable& table>
MX_INLINE Floats log_sum(const LogParts& x, Floats r) {
  const Floats p = polynomial(r, -.49999997f, .333344936f, -.250145584f, .189562351f), rest = fma(p, r * r, r);
  const Floats high = fma(x.k, spread(table.two_high), look_up(table.logs, x.piece));
  if constexpr (table.two_low == 0.f) return fma(rest, spread(table.e), high);
  if constexpr (table.e == 1.f) return high + fma(x.k, spread(table.two_low), rest);
  return high + fma(rest, spread(table.e), x.k * table.two_low);
}
template <const LogTable& table>
MX_INLINE Floats table_log(Floats x) {
  const LogParts parts = log_parts(x);
  return log_sum<table>(parts, fma(parts.m, look_up(table.inverses, parts.piece), spread(-1.f)));
}
MX_INLINE Floats log(Floats x) { return table_log<kLogs>(x); }
MX_INLINE Floats log2(Floats x) { return table_log<kLogs2>(x); }
MX_INLINE Floats log10(Floats x) { return table_log<kLogs10>(x); }

// What the rounding of 1 + x takes is added to m, as long as it is something: from 1/4 to 2^24.
MX_INLINE Floats log1p(Floats x) {
  const Floats u = x + 1.f, lost = x - (u - 1.f);
  const auto whole = bits<__m512i>(u);
  const __mmask16 some = _mm512_cmplt_epu32_mask(_mm512_sub_epi32(whole, _mm512_set1_epi32(0x3e800000)),
                                                 _mm512_set1_epi32(0x4b800000 - 0x3e800000));
  const LogParts parts = log_parts(u);
  const Floats inverse = look_up(kLogs.inverses, parts.piece);
  const __m512i scaled = _mm512_sub_epi32(bits<__m512i>(inverse), _mm512_sub_epi32(whole, bits<__m512i>(parts.m)));
  const Floats r = fma(parts.m, inverse, spread(-1.f));
  return with_sign(log_sum<kLogs>(parts, _mm512_mask3_fmadd_ps(lost, bits<Floats>(scaled), r, some)), x);
}

}  // namespace mx::MX_ISA
#endif
