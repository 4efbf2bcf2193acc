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

inline constexpr float kSoftmaxLow = -8.f, kSoftmaxHigh = 60.f;            // where the largest element may be
inline constexpr float kSoftmaxLeastSum = 1e-4f, kSoftmaxMostSum = 1e30f;  // or the sum of the exponentials

MX_INLINE bool sums_fit(Floats sums) {
  return (_mm512_cmp_ps_mask(sums, spread(kSoftmaxLeastSum), _CMP_GE_OQ) &
          _mm512_cmp_ps_mask(sums, spread(kSoftmaxMostSum), _CMP_LE_OQ)) == kAllLanes;
}

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

  // n neighbouring columns, with room for kSoftmaxStaged numbers; then the rest of what is read next is fetched. False,
  // and no more than a part is written, where there is too little room, or a sum or a largest element is out of range.
  static bool columns(const float* x, float* to, int64_t n, float scale, float* staged, const SoftmaxCall& call) {
    return 2 * call.count * Strip::kStep <= kSoftmaxStaged && strips(x, to, n, scale, staged, call);
  }

 private:
  // The exponentials of kColumns columns, or of the last ones, while they wait for being written. The lines of the
  // output begin anywhere in them: what is left of a line is written with the next strip, and so is kept beside it.
  struct Strip {
    static constexpr int64_t kColumns = 32, kStep = kColumns + 16;
    float* rows = nullptr;  // of the last sixteen columns of the strip before, and of the columns of this one
    int64_t at = 0, width = 0;
    bool ends = false;
    alignas(64) float most[kStep] = {}, last[kStep] = {};  // what finishes the columns

    MX_INLINE Floats done(const float* row, int64_t i) const {
      const Floats x = load(row + 16 + i), y = load(last + 16 + i);
      return kLog ? x - load(most + 16 + i) - y : x * y;
    }
    MX_INLINE void write(float* to, int64_t r) const {
      const float* const row = rows + r * kStep;
      float* const place = to + at;
      int64_t i = -((reinterpret_cast<int64_t>(place) / 4) & 15);  // where a line begins
      if (at == 0 && i < 0) {
        _mm512_mask_storeu_ps(place + i, first_lanes(width - i) & ~first_lanes(-i), done(row, i));
        i += 16;
      }
      for (; i + 16 <= width; i += 16) stream(place + i, done(row, i));
      if (ends && i < width) _mm512_mask_storeu_ps(place + i, first_lanes(width - i), done(row, i));
    }
  };

  // While the exponentials of one strip are made, the strip before is written.
  __attribute__((noinline)) static bool strips(const float* x, float* to, int64_t n, float scale, float* staged,
                                               const SoftmaxCall& call) {
    Strip both[2];
    both[0].rows = staged, both[1].rows = staged + call.count * Strip::kStep;
    int turn = 0;
    for (int64_t at = 0; at < n; at += Strip::kColumns) {
      Strip &before = both[turn], &here = both[turn ^= 1];
      here.at = at, here.width = std::min(Strip::kColumns, n - at), here.ends = at + Strip::kColumns >= n;
      const bool fits = here.width == Strip::kColumns ? exponentials<true>(x + at, to, scale, here, before, call)
                                                      : exponentials<false>(x + at, to, scale, here, before, call);
      if (!fits) return _mm_sfence(), false;
    }
    for (int64_t r = 0; n > 0 && r < call.count; ++r) both[turn].write(to + r * call.stride, r);
    while (call.ahead && call.ahead->row < (call.ahead->rows + 3) / 4) fetch(*call.ahead);
    return true;
  }
  template <bool kWhole>
  MX_INLINE static bool exponentials(const float* x, float* to, float scale, Strip& here, const Strip& before,
                                     const SoftmaxCall& call) {
    constexpr int vectors = Strip::kColumns / 16;
    Floats sums[vectors] = {}, most[vectors];
    __mmask16 some[vectors];
    for (int v = 0; v < vectors; ++v)
      most[v] = spread(lowest<float>()), some[v] = first_lanes(std::max<int64_t>(0, here.width - 16 * v));
    for (int64_t r = 0; r < call.count; ++r, x += call.stride, to += call.stride) {
      float* const row = here.rows + r * Strip::kStep;
      if (here.at > 0) store(row, load(before.rows + r * Strip::kStep + Strip::kColumns));
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        const Floats value = scale * (kWhole ? load(x + 16 * v) : load_some(x + 16 * v, some[v], 0));
        const Floats e = kLog ? exp(value) : exp_unbounded(value);
        sums[v] += e;
        if (kLog) most[v] = larger(most[v], value);
        store(row + 16 + 16 * v, kLog ? value : e);
      }
      if (call.ahead && r % (4 / vectors) == 0) fetch(*call.ahead);  // four lines
      if (here.at > 0) before.write(to, r);
    }
    if (here.at > 0) store(here.last, load(before.last + Strip::kColumns));
    if (kLog && here.at > 0) store(here.most, load(before.most + Strip::kColumns));
    bool fits = true;
    for (int v = 0; v < vectors; ++v) {
      float* const last = here.last + 16 + 16 * v;
      if (kLog) {
        float* const top = here.most + 16 + 16 * v;
        store(last, sums[v]), store(top, most[v]);
        for (int k = 0; k < 16; ++k) {
          fits &= top[k] >= kSoftmaxLow && top[k] <= kSoftmaxHigh;
          last[k] = mx::MX_ISA::log(last[k] * mx::MX_ISA::exp(-top[k]));
        }
      } else {
        fits &= sums_fit(sums[v]);
        store(last, 1.f / sums[v]);
      }
    }
    return fits;
  }

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
// their elements belong to. `to` is at a cache line.
class SoftmaxShortRows {
 public:
  static constexpr int64_t kRows = 16, kLongest = 16;
  SoftmaxShortRows(int64_t n, float scale) : n_(n), scale_(scale) {
    for (int32_t r = 0, i = 0; r < kRows; ++r)
      for (int64_t k = 0; k < n; ++k) row_of_[i++] = r;
  }
  MX_INLINE void exponentials(const float* x, float* e) const {
    const int64_t end = kRows * n_;
    const float scale = scale_;
    for (int64_t i = 0; i < end; i += 16) take(x + i, scale, e + i);
  }
  MX_INLINE Floats sums(const float* e) const {
    Floats rows[kRows];
    const __mmask16 row = first_lanes(n_);
#pragma GCC unroll 16
    for (int k = 0; k < kRows; ++k) rows[k] = _mm512_maskz_loadu_ps(row, e + k * n_);
    return across_each<kRows>(rows, [](Floats a, Floats b) { return a + b; });
  }
  // Rows with these exponentials and sums are written while the exponentials of others are made.
  MX_INLINE void both(const float* e, Floats sums, float* to, const float* next, float* next_e) const {
    const Floats last = 1.f / sums;
    const int64_t end = kRows * n_;
    const float scale = scale_;
    for (int64_t i = 0; i < end; i += 16) {
      take(next + i, scale, next_e + i);
      stream(to + i, load(e + i) * spread_rows(i, last));
    }
  }
  MX_INLINE void write(const float* e, Floats sums, float* to) const {
    const Floats last = 1.f / sums;
    for (int64_t i = 0; i < kRows * n_; i += 16) stream(to + i, load(e + i) * spread_rows(i, last));
  }

 private:
  MX_INLINE static void take(const float* x, float scale, float* e) {
    constexpr int64_t ahead = 640;
    __builtin_prefetch(x + ahead, 0, 2);
    store(e, exp_unbounded(scale * load(x)));
  }
  MX_INLINE Floats spread_rows(int64_t i, Floats x) const {
    return _mm512_maskz_permutexvar_ps(kAllLanes, _mm512_load_si512(row_of_ + i), x);
  }
  int64_t n_;
  float scale_;
  alignas(64) int32_t row_of_[kRows * kLongest];
};

}  // namespace mx::MX_ISA
#endif
