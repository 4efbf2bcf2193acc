// Matrix products for operators: oneDNN for float32 and the half types, a loop of our own for float64.
#pragma once
#include "mx/opdef.h"

namespace mx {

// Where element (b, i, j) of a batch of matrices lies: b * batch + i * row + j * column, in elements.
struct Strides {
  int64_t batch, row, column;
};
inline Strides row_major(int64_t rows, int64_t columns) { return {rows * columns, columns, 1}; }
inline Strides transposed(Strides s) { return {s.batch, s.column, s.row}; }

// c (m, n) = a (m, k) b (k, n), for every matrix of the batch; with_bias adds a vector of n to every row.
struct Gemm {
  int64_t batch, m, n, k;
  Strides a{}, b{}, c{};
  DType dtype = DType::kFloat64;
  bool with_bias = false;
};

void gemm(const OpContext& context, const Gemm& g, const void* a, const void* b, void* c, const void* bias = nullptr);

// The product without oneDNN, on this thread; gemm() comes here with small matrices.
bool suits_small_gemm(const Gemm& g);
void small_gemm(const OpContext& context, const Gemm& g, const void* a, const void* b, void* c, const void* bias);

// The product of large float32 matrices by blocks; gemm() comes here with them.
bool suits_blocked_gemm(const Gemm& g);
void blocked_gemm(const OpContext& context, const Gemm& g, const float* a, const float* b, float* c, const float* bias);

// The product where one of the two is a vector; gemm() comes here with them.
bool suits_matrix_vector(const Gemm& g);
void matrix_vector(const OpContext& context, const Gemm& g, const void* a, const void* b, void* c);

// The product in float64 alone, for those who bring their own scratch memory: gemm_scratch(g) elements.
int64_t gemm_scratch(const Gemm& g);
void gemm_float64(const Gemm& g, const double* a, const double* b, double* c, const double* bias, double* scratch);

}  // namespace mx
