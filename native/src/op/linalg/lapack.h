// LAPACK, from OpenBLAS. The library is opened at the first use, works on one thread, and may be called from several.
//
// Matrices lie in C order here and in Fortran order there, so it sees their transposes: what is the lower triangle here
// is "U" there. Names say what happens here.
#pragma once
#include <cstdint>
#include <string_view>

#include "mx/op.h"

namespace mx::lapack {

// Each works in place on one matrix, or on a part of one whose rows are `row` elements apart, and returns LAPACK's
// `info`: 0, or where it failed. T: float, double.
template <class T>
int cholesky(T* a, int n, int row);  // the lower triangle of a becomes L, a = L L^T; the upper one is left alone
template <class T>
int lu(T* a, int rows, int columns, int row, int* pivots);  // a becomes the factors of its transpose
template <class T>
int lq(T* a, int m, int n, int row, T* tau, T* work,
       int work_size);  // a (m, n), m <= n: L in the lower triangle, and reflectors
template <class T>
int lq_orthogonal(T* a, int m, int n, const T* tau, T* work, int work_size);  // reflectors become Q
template <class T>
int eigen(T* a, int n, T* values, T* work, int work_size, int* iwork, int iwork_size);  // rows become eigenvectors

// What panels of a matrix do to its other rows, see panels.h.
template <class T>  // c (m, n) -= a (m, k) b, where b is (k, n), or (n, k) and transposed
void subtract_product(int m, int n, int k, const T* a, int a_row, const T* b, int b_row, bool transposed, T* c,
                      int c_row);
template <class T>  // column i changes places with column pivots[i] - 1, for every i < count, one after another
void swap_columns(T* a, int rows, int row, const int* pivots, int count);
template <class T>  // of `count` reflectors in rows of `size` numbers: the triangle that turns them into one product
void join_reflectors(const T* reflectors, int row, const T* tau, int count, int size, T* triangle);
template <class T>  // a (rows, size) times the product of reflectors, or its transpose; work: rows * count
void reflect(const T* reflectors, int row, const T* triangle, int count, int size, bool transposed, T* a, int rows,
             int a_row, T* work);

// Opens the library; raises kUnsupported with the operator's name and advice where it cannot.
void require(std::string_view op);

// How much room the functions with `work` want.
inline int work_size(int n) { return 64 * n; }

}  // namespace mx::lapack
