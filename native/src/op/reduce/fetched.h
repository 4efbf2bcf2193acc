// Reductions of float32 and float64 that memory limits: rows of fewer than kRowLanes elements, and columns of narrow
// rows, read from four places in turn, with what comes next fetched ahead. The rest is left to Reduce.
#pragma once
#include "mx/op/reduce.h"
#include "mx/op/vectors.h"

#if defined(MX_PASS_CPU)
namespace mx::MX_ISA {

// F may have kIsSum: combine(a, b) is a + b, and map(x) is x.
template <class F>
struct FetchedReduce {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    if constexpr (is_float<T>) {
      const F f = make_functor<F>(args);
      const T start = F::template identity<T>();
      T* const y = static_cast<T*>(out[0]);
      if (args.mode == kReduceRows && n < kRowLanes)
        return short_rows(f, static_cast<const T*>(in[0]), y, n, args.extra[0], start);
      if (args.mode == kReduceColumns && n <= kNarrow && args.extra[1] == n && args.extra[0] * n >= 16 * kNarrow) {
        const T* const x = static_cast<const T*>(in[0]);
        const int64_t done = narrow(f, x, y, n, args.extra[0], start), extra[] = {args.extra[0] - done, n};
        const void* rest = x + done * n;
        LoopArgs left = args;
        left.extra = extra;
        return Reduce<F>::template loop<T>(out, &rest, n, left);
      }
    }
    Reduce<F>::template loop<T>(out, in, n, args);
  }

 private:
  static constexpr int64_t kNarrow = 64;

#if defined(__AVX512F__)
  template <class T>
  static constexpr bool by_vectors = requires { F::kIsSum; } && is_float<T> && sizeof(T) == sizeof(float);
  template <class T>
  static constexpr int64_t kTogether = by_vectors<T> ? 16 : 64;
#else
  template <class T>
  static constexpr int64_t kTogether = 64;
#endif

  // In halves: element i meets i + 16, then i + 8 ... In vectors of many rows, from four places in turn.
  template <class T>
  MX_INLINE static void short_rows(const F& f, const T* x, T* y, int64_t n, int64_t count, T start) {
    int64_t r = 0;
    constexpr int64_t ways = 4, together = kTogether<T>;
    const int64_t part = count / (ways * together) * together;
    for (; r < part; r += together)
      for (int64_t way = 0; way < ways; ++way) {
        const int64_t at = way * part + r;
        prefetch(x + at * n, together * n);
        block_of_rows(f, x + at * n, y + at, n, (count - at) * n, start);
      }
    for (r = ways * part; r + together <= count; r += together)
      block_of_rows(f, x + r * n, y + r, n, (count - r) * n, start);
#if defined(__AVX512F__)
    if constexpr (by_vectors<T>)
      for (; r < count; r += 16) sixteen(x + r * n, y + r, n, count - r < 16 ? count - r : 16);
#endif
    for (; r < count; ++r) {
      T values[kRowLanes];
      for (int64_t i = 0; i < n; ++i) values[i] = f.map(x[r * n + i]);
      for (int64_t half = kRowLanes / 2, left = n; half > 0; left = left < half ? left : half, half /= 2)
        for (int64_t i = 0; i + half < left; ++i) values[i] = f.combine(values[i], values[i + half]);
      y[r] = f.combine(start, values[0]);
    }
  }

  // What is read a little later than the n elements at x.
  template <class T>
  MX_INLINE static void prefetch(const T* x, int64_t n) {
    const char* const next = reinterpret_cast<const char*>(x) + 5120;
    for (int64_t at = 0; at < n * static_cast<int64_t>(sizeof(T)); at += 64) __builtin_prefetch(next + at, 0, 2);
  }
#if defined(__AVX512F__)
  // The sums of up to sixteen rows. Masked loads don't touch what lies beyond.
  MX_INLINE static void sixteen(const float* x, float* y, int64_t n, int64_t count) {
    const __mmask16 low = first_lanes(n), high = first_lanes(n > 16 ? n - 16 : 0);
    Floats rows[16];
#pragma GCC unroll 16
    for (int k = 0; k < 16; ++k) rows[k] = _mm512_maskz_loadu_ps(k < count ? low : 0, x + k * n);
    if (high)
#pragma GCC unroll 16
      for (int k = 0; k < 16; ++k) rows[k] += Floats(_mm512_maskz_loadu_ps(k < count ? high : 0, x + k * n + 16));
    const Floats sums = 0.f + across_each<16>(rows, [](Floats a, Floats b) { return a + b; });
    _mm512_mask_storeu_ps(y, first_lanes(count), sums);
  }
#endif
  // kTogether rows; `readable` elements stand at x.
  template <class T>
  MX_INLINE static void block_of_rows(const F& f, const T* x, T* y, int64_t n, int64_t readable, T start) {
    constexpr int64_t together = kTogether<T>;
#if defined(__AVX512F__)
    if constexpr (by_vectors<T>) return sixteen(x, y, n, together);
#endif
    T block[kRowLanes * together];
    const int64_t width = padded<T>(n);
    transpose_plane(x, block, (together - 1) * n + width <= readable ? width : n, together, n, together);
    for (int64_t i = 0; i < n * together; ++i) block[i] = f.map(block[i]);
    for (int64_t half = kRowLanes / 2, left = n; half > 0; left = left < half ? left : half, half /= 2)
      for (int64_t i = 0; i + half < left; ++i)
        for (int64_t k = 0; k < together; ++k)
          block[i * together + k] = f.combine(block[i * together + k], block[(i + half) * together + k]);
    for (int64_t k = 0; k < together; ++k) y[k] = f.combine(start, block[k]);
  }

  // Narrow rows that touch: as many side by side as fill whole vectors, if 8 kNarrow sums are enough for that, in four
  // places, which are added up at the end. Returns how many rows that were.
  template <class T>
  MX_INLINE static int64_t narrow(const F& f, const T* x, T* y, int64_t n, int64_t count, T start) {
    constexpr int64_t ways = 4, wide = 8 * kNarrow;
    T sums[ways][wide];
    int64_t side = 1;
    while (side * n % 16 || side * n < kNarrow) side *= 2;
    if (side * n > wide) side = wide / n;
    if (side > count / ways) side = count / ways;
    const int64_t lanes = side * n, part = count / ways / side * side;
    for (int64_t way = 0; way < ways; ++way)
      for (int64_t i = 0; i < lanes; ++i) sums[way][i] = start;
    for (int64_t at = 0; at < part * n; at += lanes)
      for (int64_t way = 0; way < ways; ++way) {
        const T* const from = x + way * part * n + at;
        prefetch(from, lanes);
#pragma GCC ivdep
        for (int64_t i = 0; i < lanes; ++i) sums[way][i] = f.combine(sums[way][i], f.map(from[i]));
      }
    for (int64_t way = 1; way < ways; ++way)
#pragma GCC ivdep
      for (int64_t i = 0; i < lanes; ++i) sums[0][i] = f.combine(sums[0][i], sums[way][i]);
    for (const T* one = sums[0]; one < sums[0] + lanes; one += n)
      for (int64_t i = 0; i < n; ++i) y[i] = f.combine(y[i], one[i]);
    return ways * part;
  }
};

}  // namespace mx::MX_ISA
#else
namespace mx::MX_ISA {
template <class F>
using FetchedReduce = Reduce<F>;
}  // namespace mx::MX_ISA
#endif
