// The loops of softmax and log_softmax, and of their gradients: over rows, and over neighbouring columns.
#include "op/nn/softmax_loops.h"

#include "mx/op/reduce.h"
#include "op/nn/softmax_vectors.h"
#include "op/stream_lines.h"

#if defined(MX_PASS_CPU)
namespace mx::MX_ISA {

// n <= kSoftmaxWidth columns; `fetched` is read next. The output may be the first input.
template <class T>
struct Columns {
  int64_t n, stride, out_stride, count;
  Ahead* fetched;  // of each input, or null
};
inline constexpr int kSoftmaxLanes = kRowLanes;
inline constexpr int64_t kSoftmaxAdded = 128;  // so many numbers are added before the sum joins that of the others

// NaN need not be found here: it comes back by its own exponential.
template <class T>
MX_INLINE T larger(T a, T b) {
  return b > a ? b : a;
}
template <class T>
MX_INLINE T largest(const T* x, int64_t n, T scale) {
  const auto at = [&](int64_t i) { return scale * x[i]; };
  if (n >= kRowLanes) return combine_row<T>(n, at, larger<T>);
  T most = lowest<T>();
  for (int64_t i = 0; i < n; ++i) most = larger(most, at(i));
  return most;
}

template <bool kLog>
struct Softmax {
  static constexpr int kInputs = 1;
#if defined(__AVX512F__)
  using Vectors = SoftmaxVectors<kLog>;  // of float32, streamed
#endif

  template <class T>
  MX_INLINE static void row(const T* const* in, T* y, int64_t n, T scale) {
    const T* const x = in[0];
    Pass<T> pass{largest(x, n, scale), scale};
    int64_t i = 0;
    for (; i + kSoftmaxLanes <= n; i += kSoftmaxLanes) {
      if (i % (kSoftmaxAdded * kSoftmaxLanes) == 0) pass.join();
#pragma GCC ivdep
      for (int k = 0; k < kSoftmaxLanes; ++k) pass.keep(x[i + k], y[i + k], k);
    }
    for (int k = 0; i < n; ++i, ++k) pass.keep(x[i], y[i], k);
    const T last = pass.last();
    for (i = 0; i < n; ++i) y[i] = finish(y[i], last);
  }

  // Many rows to memory past the caches. While one row is raised to its exponential, the largest element of the next is
  // sought and the row before is written: memory is busy all the time.
  template <class T>
  __attribute__((noinline)) static void passed_rows(const T* x, T* to, int64_t rows, int64_t n, T scale) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == sizeof(float)) return SoftmaxVectors<kLog>::passed_rows(x, to, rows, n, scale);
#endif
    constexpr int lanes = kSoftmaxLanes;
    constexpr int64_t page = 4096 / sizeof(T);
    alignas(64) T staged[2][kSoftmaxPassed];
    Pass<T> pass{largest(x, n, scale), scale};
    T last = 0;
    for (int64_t r = 0; r < rows; ++r, x += n) {
      T* const kept = staged[r % 2];
      const T *const next = r + 1 < rows ? x + n : x, *const done = staged[1 - r % 2];
      Written<T> out(r > 0 ? to + (r - 1) * n : to, done, r > 0 ? n : 0, last);
      T most[lanes];
      for (int k = 0; k < lanes; ++k) most[k] = lowest<T>();
      int64_t i = 0;
      for (; i + lanes <= n; i += lanes) {
        if (i % (kSoftmaxAdded * lanes) == 0) pass.join();
        for (int k = 0; k < lanes; k += 64 / sizeof(T)) __builtin_prefetch(next + i + k + page, 0, 2);
#pragma GCC ivdep
        for (int k = 0; k < lanes; ++k) {
          pass.keep(x[i + k], kept[i + k], k);
          most[k] = larger(most[k], scale * next[i + k]);
        }
        out.lanes();
      }
      for (int k = 0; i < n; ++i, ++k) {
        pass.keep(x[i], kept[i], k);
        most[k] = larger(most[k], scale * next[i]);
      }
      out.rest();
      last = pass.last();
      for (int k = 1; k < lanes; ++k) most[0] = larger(most[0], most[k]);
      pass = Pass<T>{most[0], scale};
    }
    Written<T>(to + (rows - 1) * n, staged[(rows - 1) % 2], n, last).rest();
  }

  template <class T>
  MX_INLINE static void columns(const T* const* in, T* y, T scale, const Columns<T>& c) {
    T last[kSoftmaxWidth];
    int64_t i = 0;
    for (; i + kSoftmaxLanes <= c.n; i += kSoftmaxLanes)
      strip(in[0] + i, y + i, last + i, kSoftmaxLanes, scale, c);  // whole vectors in registers
    if (i < c.n) strip(in[0] + i, y + i, last + i, c.n - i, scale, c);
    for (int64_t r = 0; r < c.count; ++r)
#pragma GCC ivdep
      for (i = 0; i < c.n; ++i) y[r * c.out_stride + i] = finish(y[r * c.out_stride + i], last[i]);
  }

 private:
  template <class T>
  MX_INLINE static T finish(T value, T last) {
    return kLog ? value - last : value * last;
  }

  // Over one row, or over as many columns as there are lanes.
  template <class T>
  struct Pass {
    T most, scale;
    T sums[kSoftmaxLanes] = {}, joined[kSoftmaxLanes] = {};
    MX_INLINE void keep(T x, T& y, int lane) {
      const T value = fma(scale, x, -most), e = exp(value);
      y = kLog ? value : e;
      sums[lane] += e;
    }
    // A long sum of float32 numbers that all go to one place would lose its digits.
    MX_INLINE void join() {
      for (int k = 0; k < kSoftmaxLanes; ++k) joined[k] += sums[k], sums[k] = 0;
    }
    MX_INLINE T last() {
      for (int k = 0; k < kSoftmaxLanes; ++k) sums[k] += joined[k];
      for (int width = kSoftmaxLanes / 2; width > 0; width /= 2)
        for (int k = 0; k < width; ++k) sums[k] += sums[k + width];
      return kLog ? log(sums[0]) : T(1) / sums[0];
    }
  };

  // A row that is finished and written from line to line; what shares a line with other rows is stored as usual.
  template <class T>
  struct Written {
    T* to;
    const T* from;
    int64_t left;
    T last;
    MX_INLINE Written(T* to, const T* from, int64_t n, T last) : to(to), from(from), left(n), last(last) {
      constexpr int64_t line = 64 / sizeof(T);
      const int64_t head = -(reinterpret_cast<int64_t>(to) / static_cast<int64_t>(sizeof(T))) & (line - 1);
      if (n > 0) store(head < n ? head : n);
    }
    MX_INLINE void lanes() {
      if (left < kSoftmaxLanes) return;
      alignas(64) T values[kSoftmaxLanes];
      for (int k = 0; k < kSoftmaxLanes; ++k) values[k] = finish(from[k], last);
      for (int at = 0; at < kSoftmaxLanes * static_cast<int>(sizeof(T)); at += 64)
        stream_line(reinterpret_cast<char*>(to) + at, reinterpret_cast<const char*>(values) + at);
      to += kSoftmaxLanes, from += kSoftmaxLanes, left -= kSoftmaxLanes;
    }
    MX_INLINE void rest() {
      while (left >= kSoftmaxLanes) lanes();
      store(left);
    }

   private:
    MX_INLINE void store(int64_t n) {
      for (int64_t i = 0; i < n; ++i) to[i] = finish(from[i], last);
      to += n, from += n, left -= n;
    }
  };

  template <class T>
  MX_INLINE static void strip(const T* x, T* y, T* last, int64_t n, T scale, const Columns<T>& c) {
    T most[kSoftmaxLanes], sum[kSoftmaxLanes], joined[kSoftmaxLanes];
    for (int64_t i = 0; i < n; ++i) most[i] = lowest<T>(), sum[i] = 0, joined[i] = 0;
    for (int64_t r = 0; r < c.count; ++r)
      for (int64_t i = 0; i < n; ++i) most[i] = larger(most[i], scale * x[r * c.stride + i]);
    for (int64_t r = 0; r < c.count; ++r) {
      if (c.fetched && r % 2) fetch(*c.fetched);  // as many lines as there are here
      if (r % kSoftmaxAdded == 0)
        for (int64_t i = 0; i < n; ++i) joined[i] += sum[i], sum[i] = 0;
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) {
        const T value = fma(scale, x[r * c.stride + i], -most[i]), e = exp(value);
        y[r * c.out_stride + i] = kLog ? value : e;
        sum[i] += e;
      }
    }
    for (int64_t i = 0; i < n; ++i) {
      const T all = joined[i] + sum[i];
      last[i] = kLog ? log(all) : T(1) / all;
    }
  }
};

// in: head, output
template <bool kLog>
struct SoftmaxGradient {
  static constexpr int kInputs = 2;

  template <class T>
  MX_INLINE static void row(const T* const* in, T* dx, int64_t n, T scale) {
    const T *const g = in[0], *const y = in[1];
    T sum = 0;
    if (n >= kRowLanes)
      sum = combine_row<T>(n, [&](int64_t i) { return part(g[i], y[i]); }, [](T a, T b) { return a + b; });
    else
      for (int64_t i = 0; i < n; ++i) sum += part(g[i], y[i]);
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) dx[i] = slope(g[i], y[i], sum) * scale;
  }

  template <class T>
  MX_INLINE static void columns(const T* const* in, T* dx, T scale, const Columns<T>& c) {
    const T *const g = in[0], *const y = in[1];
    T sum[kSoftmaxWidth] = {}, joined[kSoftmaxWidth] = {};
    for (int64_t r = 0; r < c.count; ++r) {
      if (r % kSoftmaxAdded == 0)
        for (int64_t i = 0; i < c.n; ++i) joined[i] += sum[i], sum[i] = 0;
      for (int64_t i = 0; i < c.n; ++i) sum[i] += part(g[r * c.stride + i], y[r * c.stride + i]);
    }
    for (int64_t i = 0; i < c.n; ++i) sum[i] += joined[i];
    for (int64_t r = 0; r < c.count; ++r)
#pragma GCC ivdep
      for (int64_t i = 0; i < c.n; ++i)
        dx[r * c.out_stride + i] = slope(g[r * c.stride + i], y[r * c.stride + i], sum[i]) * scale;
  }

 private:
  template <class T>
  MX_INLINE static T part(T g, T y) {
    return kLog ? g : g * y;
  }
  template <class T>
  MX_INLINE static T slope(T g, T y, T sum) {
    if constexpr (kLog)
      return g - exp(y) * sum;
    else
      return (g - sum) * y;
  }
};

// Brings the maths to n rows, or n columns, through memory in the caches where that helps.
template <class F>
struct SoftmaxLoops {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const auto& call = *static_cast<const SoftmaxCall*>(args.params);
    const T* from[F::kInputs];
    for (int k = 0; k < F::kInputs; ++k) from[k] = static_cast<const T*>(in[k]);
    T* const to = static_cast<T*>(out[0]);
    if constexpr (F::kInputs == 1)
      if (args.mode == kSoftmaxPassedRows)
        return F::passed_rows(from[0], to, n, call.count, static_cast<T>(call.scale));
    if (args.mode == kSoftmaxColumns)
      columns(from, to, n, call);
    else if (call.count <= kSoftmaxShort)
      short_rows(from, to, n, call);
    else
      rows(from, to, n, call);
  }

 private:
  template <class T>
  MX_INLINE static void write(T* to, const T* staged, int64_t n, const SoftmaxCall& call) {
    stream_piece(reinterpret_cast<char*>(to), reinterpret_cast<const char*>(staged),
                 n * static_cast<int64_t>(sizeof(T)), call.ahead, call.ahead ? F::kInputs : 0);
  }

  template <class T>
  __attribute__((noinline)) static void rows(const T** from, T* to, int64_t n, const SoftmaxCall& call) {
    alignas(64) T staged[kSoftmaxStaged];
    for (int64_t r = 0; r < n; ++r) {
      F::row(from, call.streams ? staged + r * call.count : to + r * call.count, call.count,
             static_cast<T>(call.scale));
      for (int k = 0; k < F::kInputs; ++k) from[k] += call.count;
    }
    if (call.streams) write(to, staged, n * call.count, call);
  }

  template <class T>
  MX_INLINE static void short_rows(const T** from, T* to, int64_t n, const SoftmaxCall& call) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == sizeof(float) && std::is_same_v<F, Softmax<false>>)
      if (call.streams && call.count <= SoftmaxShortRows::kLongest && until_line(to) == 0) {
        const int64_t done = short_vectors(from[0], to, n, call);
        from[0] += done * call.count, to += done * call.count, n -= done;
      }
#endif
    turned_rows(from, to, n, call);
  }

#if defined(__AVX512F__)
  // From four places in turn. Returns how many rows that were.
  __attribute__((noinline)) static int64_t short_vectors(const float* x, float* to, int64_t n,
                                                         const SoftmaxCall& call) {
    constexpr int places = 4;
    constexpr int64_t rows = SoftmaxShortRows::kRows;
    const SoftmaxShortRows block(call.count, static_cast<float>(call.scale));
    alignas(64) float e[2][rows * SoftmaxShortRows::kLongest];
    const int64_t part = n / (places * rows) * rows, blocks = part / rows * places;
    const auto place = [&](int64_t i) { return (i % places * part + i / places * rows) * call.count; };
    if (blocks > 0) block.exponentials(x + place(0), e[0]);
    for (int64_t i = 0; i < blocks; ++i) {
      const bool more = i + 1 < blocks;
      const float* const here = e[i % 2];
      float* const next = e[(i + 1) % 2];
      const Floats sums = block.sums(here);
      if (!sums_fit(sums)) {
        const float* from[] = {x + place(i)};
        turned_rows(from, to + place(i), rows, call);
        if (more) block.exponentials(x + place(i + 1), next);
      } else if (more) {
        block.both(here, sums, to + place(i), x + place(i + 1), next);
      } else {
        block.write(here, sums, to + place(i));
      }
    }
    return places * part;
  }
#endif

  // Turned into columns: a vector then holds elements of many rows.
  template <class T>
  __attribute__((noinline)) static void turned_rows(const T** from, T* to, int64_t n, const SoftmaxCall& call) {
    alignas(64) T block[F::kInputs][kSoftmaxShort * kSoftmaxTogether], staged[kSoftmaxShort * (kSoftmaxTogether + 1)];
    const T* blocks[F::kInputs];
    const int64_t width = padded<T>(call.count);
    for (; n > 0; n -= kSoftmaxTogether, to += kSoftmaxTogether * call.count) {
      const int64_t height = n < kSoftmaxTogether ? n : kSoftmaxTogether, size = height * call.count;
      for (int k = 0; k < F::kInputs; ++k) {
        // Reading goes beyond a row where another one follows.
        const bool more = n > height + kSoftmaxShort;
        transpose_plane(from[k], block[k], more ? width : call.count, height, call.count, kSoftmaxTogether);
        blocks[k] = block[k], from[k] += size;
      }
      F::columns(blocks, block[0], static_cast<T>(call.scale),
                 Columns<T>{height, kSoftmaxTogether, kSoftmaxTogether, call.count, call.ahead});
      // Writing goes beyond a row too, but the next row comes later.
      const int64_t written = height == kSoftmaxTogether ? width : call.count;
      transpose_plane(block[0], staged, height, written, kSoftmaxTogether, call.count);
      if (call.streams)
        write(to, staged, size, call);
      else
        __builtin_memcpy(to, staged, static_cast<size_t>(size) * sizeof(T));
    }
  }

  template <class T>
  __attribute__((noinline)) static void columns(const T** from, T* to, int64_t n, const SoftmaxCall& call) {
    alignas(64) T staged[kSoftmaxStaged];
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == sizeof(float) && F::kInputs == 1)
      if (call.streams && F::Vectors::columns(from[0], to, n, static_cast<float>(call.scale), staged, call)) return;
#endif
    T* const place = call.streams ? staged : to;
    const int64_t step = call.streams ? n : call.stride;
    F::columns(from, place, static_cast<T>(call.scale), Columns<T>{n, call.stride, step, call.count, call.ahead});
    if (call.streams)
      for (int64_t r = 0; r < call.count; ++r) write(to + r * call.stride, staged + r * n, n, call);
  }
};

}  // namespace mx::MX_ISA
#endif

MX_KERNELS(softmax, SoftmaxLoops<Softmax<false>>, float, double)
MX_KERNELS(log_softmax, SoftmaxLoops<Softmax<true>>, float, double)
MX_KERNELS(_backward_softmax, SoftmaxLoops<SoftmaxGradient<false>>, float, double)
MX_KERNELS(_backward_log_softmax, SoftmaxLoops<SoftmaxGradient<true>>, float, double)
