// Batches of matrices: the last two axes of an array.
#pragma once
#include <algorithm>
#include <cstring>
#include <string>

#include "engine/threads.h"
#include "mx/op.h"
#include "mx/op/kernel.h"
#include "mx/op/strided.h"
#include "op/linalg/lapack.h"

namespace mx {

struct Matrices {
  int64_t count, rows, columns;
  explicit Matrices(const Shape& shape)
      : count(shape.size(0, shape.ndim - 2)), rows(shape[shape.ndim - 2]), columns(shape[shape.ndim - 1]) {}
  int64_t size() const { return rows * columns; }
};

// Raises kValue where an input has fewer than two axes, or is not square though it must be.
inline void check_matrices(const InferShape& s, size_t input, bool square) {
  const Shape& shape = s.in[input];
  if (!shape.rank_known()) return;
  MX_CHECK(shape.ndim >= 2, kValue, "[", s.op.name, "] ", s.op.inputs[input].name, " has shape ", shape,
           ", but must be a matrix, or a batch of them");
  const int64_t rows = shape[shape.ndim - 2], columns = shape.back();
  MX_CHECK(!square || rows == columns || rows < 0 || columns < 0, kValue, "[", s.op.name, "] ", s.op.inputs[input].name,
           " has shape ", shape, ", but the last two dimensions must be equal");
}
// The shape of one number per matrix.
inline Shape per_matrix(const Shape& shape) { return shape.ndim == 2 ? Shape{1} : shape.slice(0, shape.ndim - 2); }

// The arguments of LAPACK are 32-bit integers.
inline int lapack_size(const OpContext& ctx, int64_t n) {
  MX_CHECK(n <= 1 << 15, kUnsupported, "[", ctx.op.name, "] matrices of ", n, " rows are too large");
  return static_cast<int>(n);
}

// fn(T, i) for every matrix i of a batch, on several threads; `cost` is the work for one, in multiplications. What fn
// returns is 0, or the number of a failure: `why` is told for the first matrix that failed.
template <class T, class Function>
void each_matrix(const OpContext& ctx, int64_t count, int64_t cost, const char* why, Function fn) {
  int* const failed = static_cast<int*>(ctx.workspace(static_cast<size_t>(count) * sizeof(int)));
  engine::parallel_for(count, (1 << 17) / (cost + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) failed[i] = fn(T(), i);
  });
  for (int64_t i = 0; i < count; ++i)
    MX_CHECK(failed[i] == 0, kValue, "[", ctx.op.name, "] matrix ", i, " of ", count, ", of input ", ctx.in[0].shape,
             ", ", why, " (LAPACK says ", failed[i], ")");
}

// fn(matrix, strip) on several threads, for each of so many strips of every matrix; `work` is that for one.
template <class Function>
void each_strip(int64_t matrices, int64_t strips, int64_t work, Function fn) {
  engine::parallel_for(matrices * strips, (1 << 17) / (work + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) fn(i / strips, i % strips);
  });
}

// body(T()) for the dtype of the first input.
template <class Body>
void with_float_type(const OpContext& ctx, Body body) {
  const DType dtype = ctx.in[0].dtype;
  MX_CHECK(dtype == DType::kFloat32 || dtype == DType::kFloat64, kType, "[", ctx.op.name, "] is not defined for ",
           dtype, "; cast to float32 or float64 first");
  if (dtype == DType::kFloat32)
    body(float());
  else
    body(double());
}
// The same where LAPACK is needed.
template <class Body>
void with_lapack(const OpContext& ctx, Body body) {
  with_float_type(ctx, [&]<class T>(T) {
    lapack::require(ctx.op.name);
    body(T());
  });
}

}  // namespace mx
