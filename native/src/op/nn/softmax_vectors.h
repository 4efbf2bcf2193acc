// softmax and log_softmax of float32 to memory past the caches, in instructions of AVX-512.
//
// Nothing is subtracted before exp() where the largest element is neither so large that a sum could overflow nor so
// small that digits could be lost: one pass over memory then does for what else takes two. Where it is not so, the
// second pass is made up for.
#pragma once
#include "mx/op/vectors.h"
#include "op/nn/softmax_loops.h"
#include "op/stream_lines.h"

#if defined(MX_PASS_CPU) && defined(__AVX512F__)
namespace mx::MX_ISA {

inline constexpr float kSoftmaxLow = -8.f, kSoftmaxHigh = 60.f;  // where the largest element may be

MX_INLINE Floats load_some(const float* from, __mmask16 some, float otherwise) {
  return _mm512_mask_loadu_ps(spread(otherwise), some, from);
}
template <class Combine>
MX_INLINE float across(Floats x, const Combine& combine) {
  alignas(64) float lanes[16];
  store(lanes, x);
  for (int width = 8; width > 0; width /= 2)
    for (int k = 0; k < width; ++k) lanes[k] = combine(lanes[k], lanes[k + width]);
  return lanes[0];
}
MX_INLINE int64_t until_line(const float* to) { return -(reinterpret_cast<int64_t>(to) / 4) & 15; }

template <bool kLog>
struct SoftmaxVectors {
  // Beside the exponentials of a row goes the writing of the row before, from four places in turn each; the row after
  // is fetched.
  __attribute__((noinline)) static void passed_rows(const float* x, float* to, int64_t rows, int64_t n, float scale) {
    constexpr int places = 4;
    alignas(64) float staged[2][kLog ? 16 : kSoftmaxPassed + 16];
    const int64_t part = n / (16 * places) * 16;
    Done done;
    for (int64_t r = 0; r <= rows; ++r, x += n) {
      float* const place = to + (r - 1) * n;
      const int64_t head = r > 0 ? std::min(n, until_line(place)) : n, both = (n - head) / (16 * places) * 16;
      if (r > 0) done.write_some(place, 0, head);
      if (r == rows) {
        done.write(place, head, n);
        break;
      }
      Row row{x, r + 1 < rows ? x + n : x, staged[r % 2], scale};
      for (int64_t i = 0; i < both; i += 16)
#pragma GCC unroll 4
        for (int k = 0; k < places; ++k) {
          row.take(k * part + i, k);
          stream(place + head + k * both + i, done.at(head + k * both + i));
        }
      for (int64_t i = both; i < part; i += 16)
        for (int k = 0; k < places; ++k) row.take(k * part + i, k);
      for (int64_t i = places * part; i < n; i += 16) row.take_some(i, n - i);
      if (r > 0) done.write(place, head + places * both, n);
      done = row.done(n);
    }
  }

  // n neighbouring columns, with room for kSoftmaxStaged numbers. False, and nothing written, where there is too little
  // of it, or a largest element is out of range.
  static bool columns(const float* x, float* to, int64_t n, float scale, float* staged, const SoftmaxCall& call) {
    alignas(64) float sum[kSoftmaxWidth], most[kSoftmaxWidth], last[kSoftmaxWidth];
    const int64_t count = call.count, stride = call.stride, step = (n + 15) / 16 * 16;
    if (count * step > kSoftmaxStaged) return false;
    for (int64_t i = 0; i < step; i += 16) store(sum + i, Floats{}), store(most + i, spread(lowest<float>()));
    for (int64_t r = 0; r < count; r += 4)
      for (int64_t i = 0; i < n; i += 16) {
        const __mmask16 some = first_lanes(n - i);
        Floats sums = load(sum + i), top = load(most + i);
        const auto take = [&](int64_t row) {
          const Floats value = scale * load_some(x + row * stride + i, some, 0), e = exp(value);
          sums += e, top = larger(top, value);
          store(staged + row * step + i, kLog ? value : e);
        };
        if (r + 4 <= count) {
#pragma GCC unroll 4
          for (int k = 0; k < 4; ++k) take(r + k);
          if (call.ahead) fetch(*call.ahead);
        } else {
          for (int64_t row = r; row < count; ++row) take(row);
        }
        store(sum + i, sums), store(most + i, top);
      }
    bool fits = true;
    for (int64_t i = 0; i < n; ++i) fits &= most[i] >= kSoftmaxLow && most[i] <= kSoftmaxHigh;
    if (!fits) return false;
    for (int64_t i = 0; i < n; ++i)
      last[i] = kLog ? most[i] + mx::MX_ISA::log(sum[i] * mx::MX_ISA::exp(-most[i])) : 1.f / sum[i];
    for (int64_t r = 0; r < count; ++r) {
      float* const place = to + r * stride;
      const float* const from = staged + r * step;
      const auto at = [&](int64_t i) {
        return kLog ? load(from + i) - load(last + i) : load(from + i) * load(last + i);
      };
      int64_t i = std::min(n, until_line(place));
      _mm512_mask_storeu_ps(place, first_lanes(i), at(0));
      for (; i + 16 <= n; i += 16) stream(place + i, at(i));
      if (i < n) _mm512_mask_storeu_ps(place + i, first_lanes(n - i), at(i));
    }
    return true;
  }

 private:
  // A row of which the sum is known.
  struct Done {
    const float* from = nullptr;
    Floats scale{}, most{}, last{};
    MX_INLINE Floats at(int64_t i) const {
      return kLog ? fma(scale, load(from + i), -most) - last : load(from + i) * last;
    }
    MX_INLINE void write_some(float* to, int64_t i, int64_t n) const {
      const __mmask16 some = first_lanes(n);
      const Floats x = load_some(from + i, some, 0);
      _mm512_mask_storeu_ps(to + i, some, kLog ? fma(scale, x, -most) - last : x * last);
    }
    MX_INLINE void write(float* to, int64_t i, int64_t n) const {
      for (; i + 16 <= n; i += 16) stream(to + i, at(i));
      if (i < n) write_some(to, i, n - i);
    }
  };
  // A row that is read.
  struct Row {
    const float *x, *next;
    float* staged;
    float scale, shift = 0;
    Floats sums[4] = {}, most[4];
    MX_INLINE Row(const float* x, const float* next, float* staged, float scale)
        : x(x), next(next), staged(staged), scale(scale) {
      for (Floats& top : most) top = spread(lowest<float>());
    }
    MX_INLINE void take(int64_t i, int place) {
      __builtin_prefetch(next + i, 0, 2);
      add(scale * load(x + i), i, place);
    }
    MX_INLINE void take_some(int64_t i, int64_t n) { add(scale * load_some(x + i, first_lanes(n), 0), i, 0, n); }
    MX_INLINE void add(Floats value, int64_t i, int place, int64_t n = 16) {
      if (n < 16) value = _mm512_mask_blend_ps(first_lanes(n), spread(lowest<float>()), value);
      const Floats e = exp(value - shift);
      if (!kLog) store(staged + i, e);
      sums[place] += e;
      most[place] = larger(most[place], value);
    }
    MX_INLINE Done done(int64_t n) {
      const float top = across(larger(larger(most[0], most[1]), larger(most[2], most[3])),
                               [](float a, float b) { return b > a ? b : a; });
      if (!(top >= kSoftmaxLow && top <= kSoftmaxHigh)) again(n, top);
      const float sum = across((sums[0] + sums[2]) + (sums[1] + sums[3]), [](float a, float b) { return a + b; });
      const float last = !kLog          ? 1.f / sum
                         : shift == top ? mx::MX_ISA::log(sum)
                                        : mx::MX_ISA::log(sum * mx::MX_ISA::exp(-top));
      return {kLog ? x : staged, spread(scale), spread(top), spread(last)};
    }
    __attribute__((noinline)) void again(int64_t n, float top) {
      shift = top;
      for (Floats& sum : sums) sum = Floats{};
      for (int64_t i = 0; i < n; i += 16) add(scale * load_some(x + i, first_lanes(n - i), 0), i, i / 16 % 4, n - i);
    }
  };
};

// Softmax of rows of up to sixteen elements, kRows together. The exponentials come from whole vectors, whatever rows
// their elements belong to.
class SoftmaxShortRows {
 public:
  static constexpr int64_t kRows = 64, kLongest = 16;
  explicit SoftmaxShortRows(int64_t n) : n_(n) {
    for (int32_t r = 0, i = 0; r < 16; ++r)
      for (int64_t k = 0; k < n; ++k) row_of_[i++] = r;
  }
  // e[i] = exp(scale x[i]) of kRows rows; false where one of them may be too large or too small.
  MX_INLINE bool exponentials(const float* x, float* e, float scale) const {
    constexpr int64_t ahead = 1280;
    const __m512i sign = _mm512_set1_epi32(INT32_MIN);
    __m512i most = _mm512_setzero_si512();  // by their bits, sizes are in order, and NaN comes last
    for (int64_t i = 0; i < kRows * n_; i += 16) {
      __builtin_prefetch(x + i + ahead, 0, 2);
      const Floats value = scale * load(x + i);
      most = _mm512_maskz_max_epu32(kAllLanes, most, _mm512_maskz_andnot_epi32(kAllLanes, sign, bits<__m512i>(value)));
      store(e + i, exp(value));
    }
    return _mm512_cmp_epi32_mask(most, bits<__m512i>(spread(kSoftmaxHigh)), _MM_CMPINT_NLE) == 0;
  }
  // `to` is at a cache line.
  MX_INLINE void finish(const float* e, float* to) const {
    const __mmask16 row = first_lanes(n_);
    for (int64_t r = 0; r < kRows; r += 16, e += 16 * n_, to += 16 * n_) {
      Floats rows[16];
#pragma GCC unroll 16
      for (int k = 0; k < 16; ++k) rows[k] = _mm512_maskz_loadu_ps(row, e + k * n_);
      const Floats last = 1.f / across_each<16>(rows, [](Floats a, Floats b) { return a + b; });
      for (int64_t i = 0; i < 16 * n_; i += 16)
        stream(to + i,
               load(e + i) * Floats(_mm512_maskz_permutexvar_ps(kAllLanes, _mm512_load_si512(row_of_ + i), last)));
    }
  }

 private:
  int64_t n_;
  alignas(64) int32_t row_of_[16 * kLongest];
};

}  // namespace mx::MX_ISA
#endif
