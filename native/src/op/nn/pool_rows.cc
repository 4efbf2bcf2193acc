// The gradient of max pooling over planes whose rows lie in one piece: many windows side by side at a time.
#include "mx/op.h"
#include "op/nn/pool.h"

#if defined(MX_ISA)
#include <type_traits>

namespace mx::MX_ISA {

struct MaxPoolRowsBackward {
  static constexpr int64_t kWindows = 64;  // of one row of windows

  // Windows `from`.. side by side; the largest of each, and where in the window it stands (-1: nowhere). Numbers of
  // places have the size of T, so that the choice vectorizes.
  template <class T, class Place, int kStride>
  struct Row {
    const PoolGeometry& g;
    int64_t from, count, stride;
    T best[kWindows];
    Place place[kWindows];

    MX_INLINE Row(const PoolGeometry& geometry, int64_t first, int64_t n)
        : g(geometry), from(first), count(n), stride(kStride ? kStride : geometry.stride[2]) {
      for (int64_t i = 0; i < count; ++i) best[i] = T(0), place[i] = -1;
    }
    // The windows that have an element in column `k` of theirs: the others hang over the edge.
    MX_INLINE int64_t first(int64_t k) const {
      const int64_t before = g.pad[2] - k - from * stride;
      return before <= 0 ? 0 : (before + stride - 1) / stride;
    }
    MX_INLINE int64_t last(int64_t k) const {
      const int64_t room = g.size[2] - 1 + g.pad[2] - k - from * stride;
      const int64_t end = room < 0 ? 0 : room / stride + 1;
      return end < count ? end : count;
    }
    MX_INLINE int64_t column(int64_t k) const { return from * stride - g.pad[2] + k; }

    MX_INLINE void compare(const T* row, int64_t k, Place number) {
      const T* x = row + column(k);
      const int64_t end = last(k);
      for (int64_t i = first(k); i < end; ++i) {
        const T value = x[i * stride];
        const bool larger = (place[i] < 0) | (value > best[i]);
        best[i] = larger ? value : best[i];
        place[i] = larger ? number : place[i];
      }
    }
    MX_INLINE void add(const T* dy, T* row, int64_t k, Place number) const {
      T* dx = row + column(k);
      const int64_t end = last(k);
#pragma GCC ivdep
      for (int64_t i = first(k); i < end; ++i) dx[i * stride] += place[i] == number ? dy[i] : T(0);
    }
    // Two neighbouring columns of windows that touch nothing else.
    MX_INLINE void set_pair(const T* dy, T* row, Place number) const {
      T* dx = row + column(0);
#pragma GCC ivdep
      for (int64_t i = 0; i < count; ++i) {
        dx[2 * i] = place[i] == number ? dy[i] : T(0);
        dx[2 * i + 1] = place[i] == number + 1 ? dy[i] : T(0);
      }
    }
  };

  template <class T, int kStride>
  static MX_INLINE void plane(const PoolGeometry& g, const T* dy, const T* x, T* dx) {
    using Place = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;
    const int64_t width = g.size[2];
    const bool pairs = kStride == 2 && g.kernel[2] == 2 && g.pad[2] == 0 && 2 * g.out[2] <= width &&
                       g.kernel[1] <= g.stride[1] && g.kernel[0] <= g.stride[0];
    for (int64_t a = 0; a < g.out[0]; ++a)
      for (int64_t b = 0; b < g.out[1]; ++b)
        for (int64_t c = 0; c < g.out[2]; c += kWindows) {
          const int64_t rest = g.out[2] - c, at = (a * g.out[1] + b) * g.out[2] + c;
          Row<T, Place, kStride> row(g, c, rest < kWindows ? rest : kWindows);
          for (const bool comparing : {true, false})
            for (int64_t i = 0; i < g.kernel[0]; ++i)
              for (int64_t j = 0; j < g.kernel[1]; ++j) {
                const int64_t z = a * g.stride[0] - g.pad[0] + i, y = b * g.stride[1] - g.pad[1] + j;
                if (z < 0 || z >= g.size[0] || y < 0 || y >= g.size[1]) continue;
                const int64_t line = (z * g.size[1] + y) * width;
                const auto number = static_cast<Place>((i * g.kernel[1] + j) * g.kernel[2]);
                if (comparing) {
                  for (int64_t k = 0; k < g.kernel[2]; ++k) row.compare(x + line, k, number + static_cast<Place>(k));
                } else if (pairs) {
                  row.set_pair(dy + at, dx + line, number);
                } else {  // from the back: what overlaps is added in the order of the windows
                  for (int64_t k = g.kernel[2] - 1; k >= 0; --k)
                    row.add(dy + at, dx + line, k, number + static_cast<Place>(k));
                }
              }
        }
  }

  // params: PoolGeometry with inner == 1. in: head, data. The output holds zeros. n planes.
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const auto& g = *static_cast<const PoolGeometry*>(args.params);
    const int64_t size = g.size[0] * g.size[1] * g.size[2], windows = g.out[0] * g.out[1] * g.out[2];
    const T *dy = static_cast<const T*>(in[0]), *x = static_cast<const T*>(in[1]);
    T* dx = static_cast<T*>(out[0]);
    for (int64_t i = 0; i < n; ++i, dy += windows, x += size, dx += size) {
      if (g.stride[2] == 1)
        plane<T, 1>(g, dy, x, dx);
      else if (g.stride[2] == 2)
        plane<T, 2>(g, dy, x, dx);
      else
        plane<T, 0>(g, dy, x, dx);
    }
  }
};

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(max_pool_rows_backward, MaxPoolRowsBackward, float, double)
