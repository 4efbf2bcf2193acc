// Systems with triangular matrices, for strips of right-hand sides.
#pragma once
#include <memory>
#include <new>

#include "mx/op.h"

namespace mx {

inline constexpr int64_t kStrip = 32;  // columns of a strip

// Element (i, j) lies at data + i * row + j * column; the other half is not looked at. `unit`: ones in the diagonal,
// which is not looked at either.
template <class T>
struct Triangle {
  const T* data;
  int64_t n, row, column;
  bool lower, unit = false;

  Triangle transposed() const { return {data, n, column, row, !lower, unit}; }
  // Without the first k rows and columns.
  Triangle without(int64_t k) const { return {data + k * (row + column), n - k, row, column, lower, unit}; }
  // The number of the first row with a zero in the diagonal, counted from 1; 0 where there is none.
  int singular() const {
    for (int64_t k = 0; k < n; ++k)
      if (data[k * (row + column)] == 0) return static_cast<int>(k + 1);
    return 0;
  }
};

// Strips of n rows, which lie one after another, each (n, kStrip) without gaps.
template <class T>
class Strips {
 public:
  Strips(int64_t n, int64_t count)
      : n_(n), data_(static_cast<T*>(::operator new(static_cast<size_t>(n * kStrip * count) * sizeof(T), kLine))) {}
  T* operator[](int64_t i) { return data_.get() + i * n_ * kStrip; }

 private:
  static constexpr std::align_val_t kLine{64};
  struct Delete {
    void operator()(T* data) const { ::operator delete(data, kLine); }
  };
  int64_t n_;
  std::unique_ptr<T, Delete> data_;
};

// x = t^-1 x for so many strips. On this thread.
template <class T>
void solve_strips(const Triangle<T>& t, T* x, int64_t strips);

// Between a strip and `width` columns of a matrix or, transposed, rows; `row` is from row to row of the matrix. What is
// not filled of the strip is zero.
template <class T>
void fill_strip(const T* matrix, int64_t row, bool transposed, int64_t n, int64_t width, T* strip);
template <class T>
void empty_strip(const T* strip, int64_t n, int64_t width, T* matrix, int64_t row, bool transposed);

// Every row of `count` becomes t^-1 times it. On this thread.
template <class T>
void solve_rows(const Triangle<T>& t, T* rows, int64_t row, int64_t count);

}  // namespace mx
