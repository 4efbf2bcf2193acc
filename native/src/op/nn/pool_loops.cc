// Pooling windows over planes of (space..., inner), for the cases that oneDNN lacks, and for all gradients.
#include "mx/op.h"
#include "op/nn/pool.h"

#if defined(MX_ISA)
#include <float.h>
#include <math.h>

namespace mx::MX_ISA {

// The part of one window that covers data, and how many elements an average divides by.
struct PoolRange {
  int64_t from[3], to[3], divisor;
  MX_INLINE PoolRange(const PoolGeometry& g, const int64_t* position) {
    int64_t whole = 1, inside = 1;
    for (int i = 0; i < 3; ++i) {
      const int64_t start = position[i] * g.stride[i] - g.pad[i];
      int64_t end = start + g.kernel[i];
      if (end > g.size[i] + g.pad[i]) end = g.size[i] + g.pad[i];
      whole *= end - start;
      from[i] = start < 0 ? 0 : start;
      to[i] = end > g.size[i] ? g.size[i] : end;
      if (to[i] < from[i]) to[i] = from[i];
      inside *= to[i] - from[i];
    }
    divisor = g.include_pad ? whole : inside;
    if (inside == 0) divisor = 1;  // only padding: the average is 0
  }
  template <class Visit>
  MX_INLINE void each(const PoolGeometry& g, Visit visit) const {
    for (int64_t a = from[0]; a < to[0]; ++a)
      for (int64_t b = from[1]; b < to[1]; ++b) {
        int64_t at = ((a * g.size[1] + b) * g.size[2] + from[2]) * g.inner;
        for (int64_t c = from[2]; c < to[2]; ++c, at += g.inner) visit(at);
      }
  }
};

template <class T>
MX_INLINE T pool_lowest() {
  return sizeof(T) == 4 ? T(-FLT_MAX) : T(-DBL_MAX);
}
template <class T>
MX_INLINE T pool_power(T x, int p) {
  return p == 1 ? x : p == 2 ? x * x : x * x * x;
}
template <class T>
MX_INLINE T pool_root(T x, int p) {
  return p == 1 ? x : p == 2 ? T(::sqrt(double(x))) : T(::cbrt(double(x)));
}

// visit(window, offset in data, offset in output) for every window of n planes.
template <class Visit>
MX_INLINE void each_window(const PoolGeometry& g, int64_t n, Visit visit) {
  const int64_t data = g.size[0] * g.size[1] * g.size[2] * g.inner;
  int64_t to = 0;
  for (int64_t plane = 0; plane < n; ++plane)
    for (int64_t a = 0; a < g.out[0]; ++a)
      for (int64_t b = 0; b < g.out[1]; ++b)
        for (int64_t c = 0; c < g.out[2]; ++c, to += g.inner) {
          const int64_t position[3] = {a, b, c};
          visit(PoolRange(g, position), plane * data, to);
        }
}

// params: PoolGeometry. n planes.
struct PoolForward {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const auto& g = *static_cast<const PoolGeometry*>(args.params);
    const T* data = static_cast<const T*>(in[0]);
    T* output = static_cast<T*>(out[0]);
    each_window(g, n, [&](const PoolRange& range, int64_t at, int64_t to) {
      const T* x = data + at;
      T* y = output + to;
      const T start = g.type == PoolType::kMax ? pool_lowest<T>() : T(0);
      for (int64_t i = 0; i < g.inner; ++i) y[i] = start;
      if (g.type == PoolType::kMax)
        range.each(g, [&](int64_t k) {
          for (int64_t i = 0; i < g.inner; ++i) y[i] = x[k + i] > y[i] ? x[k + i] : y[i];
        });
      else if (g.type == PoolType::kLp)
        range.each(g, [&](int64_t k) {
          for (int64_t i = 0; i < g.inner; ++i) y[i] += pool_power(x[k + i], g.p);
        });
      else
        range.each(g, [&](int64_t k) {
          for (int64_t i = 0; i < g.inner; ++i) y[i] += x[k + i];
        });
      if (g.type == PoolType::kAvg)
        for (int64_t i = 0; i < g.inner; ++i) y[i] /= T(range.divisor);
      if (g.type == PoolType::kLp)
        for (int64_t i = 0; i < g.inner; ++i) y[i] = pool_root(y[i], g.p);
    });
  }
};

inline constexpr int64_t kPoolBlock = 16;  // at least the elements of a vector

// The places of a window are numbered in a type as wide as the data, so that comparisons and choices vectorize.
template <class T>
struct PoolPlace;
template <>
struct PoolPlace<float> {
  using Type = int32_t;
};
template <>
struct PoolPlace<double> {
  using Type = int64_t;
};

// dx += dy at the largest x of the window, for `width` neighbours: at most a block.
template <class T>
MX_INLINE void pass_to_largest(const PoolGeometry& g, const PoolRange& range, const T* x, const T* dy, T* dx,
                               int64_t width) {
  using Place = typename PoolPlace<T>::Type;
  T best[kPoolBlock];
  Place place[kPoolBlock], k = 0;
  range.each(g, [&](int64_t at) {
    if (k == 0) {
      for (int64_t i = 0; i < width; ++i) best[i] = x[at + i], place[i] = 0;
    } else {
      for (int64_t i = 0; i < width; ++i) {
        const T value = x[at + i];
        const bool larger = value > best[i];
        best[i] = larger ? value : best[i];
        place[i] = larger ? k : place[i];
      }
    }
    ++k;
  });
  k = 0;
  range.each(g, [&](int64_t at) {
#pragma GCC ivdep
    for (int64_t i = 0; i < width; ++i) dx[at + i] += place[i] == k ? dy[i] : T(0);
    ++k;
  });
}

// The same for as many neighbours as a vector holds; in registers. Where no windows overlap dx is set, not added to.
template <class T, bool kOverlap>
struct PoolVector {
  using Place = typename PoolPlace<T>::Type;
  static constexpr int64_t kWidth = 64 / sizeof(T);
  typedef T Values __attribute__((vector_size(64)));
  typedef Place Places __attribute__((vector_size(64)));
  typedef T Unaligned __attribute__((vector_size(64), aligned(sizeof(T)), may_alias));

  static MX_INLINE void pass_to_largest(const PoolGeometry& g, const PoolRange& range, const T* x, const T* dy, T* dx) {
    Values best = {};
    Places place = {};
    Place k = 0;
    range.each(g, [&](int64_t at) {
      const Values value = *reinterpret_cast<const Unaligned*>(x + at);
      if (k == 0) {
        best = value;
      } else {
        const Places larger = value > best;
        best = larger ? value : best;
        place = larger ? Places{} + k : place;
      }
      ++k;
    });
    const Values head = *reinterpret_cast<const Unaligned*>(dy), none = {};
    k = 0;
    range.each(g, [&](int64_t at) {
      auto* const to = reinterpret_cast<Unaligned*>(dx + at);
      const Values gradient = place == k ? head : none;
      *to = kOverlap ? *to + gradient : gradient;
      ++k;
    });
  }

  static MX_INLINE void pass_to_largest(const PoolGeometry& g, const PoolRange& range, const T* x, const T* dy, T* dx,
                                        int64_t width) {
    int64_t i = 0;
    for (; i + kWidth <= width; i += kWidth) pass_to_largest(g, range, x + i, dy + i, dx + i);
    if (i == width) return;
    if (!kOverlap && i > 0) {  // some once more
      i = width - kWidth;
      return pass_to_largest(g, range, x + i, dy + i, dx + i);
    }
    MX_ISA::pass_to_largest(g, range, x + i, dy + i, dx + i, width - i);
  }
};

// in: head, data, output; the last two only where the type needs them. The output holds zeros.
struct PoolBackward {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const auto& g = *static_cast<const PoolGeometry*>(args.params);
    const T *head = static_cast<const T*>(in[0]), *data = static_cast<const T*>(in[1]),
            *output = static_cast<const T*>(in[2]);
    T* gradient = static_cast<T*>(out[0]);
    if (g.type == PoolType::kMax) {  // the first of the largest takes all
      const bool overlap = g.stride[0] < g.kernel[0] || g.stride[1] < g.kernel[1] || g.stride[2] < g.kernel[2];
      return overlap ? largest<T, true>(g, n, head, data, gradient) : largest<T, false>(g, n, head, data, gradient);
    }
    each_window(g, n, [&](const PoolRange& range, int64_t at, int64_t from) {
      const T *x = data + at, *dy = head + from, *y = output + from;
      T* dx = gradient + at;
      if (g.type == PoolType::kLp) {
        range.each(g, [&](int64_t k) {
          for (int64_t i = 0; i < g.inner; ++i)
            dx[k + i] += g.p == 1 ? dy[i] : y[i] == 0 ? T(0) : dy[i] * pool_power(x[k + i] / y[i], g.p - 1);
        });
      } else {
        const T divisor = g.type == PoolType::kAvg ? T(range.divisor) : T(1);
        range.each(g, [&](int64_t k) {
          for (int64_t i = 0; i < g.inner; ++i) dx[k + i] += dy[i] / divisor;
        });
      }
    });
  }

 private:
  template <class T, bool kOverlap>
  static MX_INLINE void largest(const PoolGeometry& g, int64_t n, const T* head, const T* data, T* gradient) {
    each_window(g, n, [&](const PoolRange& range, int64_t at, int64_t from) {
      PoolVector<T, kOverlap>::pass_to_largest(g, range, data + at, head + from, gradient + at, g.inner);
    });
  }
};

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(Pooling, PoolForward, float, double)
MX_KERNELS(_backward_Pooling, PoolBackward, float, double)
