// LAPACK, from OpenBLAS. The library is opened at the first use, works on one thread, and may be called from several.
//
// Matrices lie in C order here and in Fortran order there, so it sees their transposes: what is the lower triangle here
// is "U" there. Names say what happens here.
#pragma once
#include <cstdint>
#include <string_view>

#include "mx/op.h"

namespace mx::lapack {

// Each works in place on one matrix and returns LAPACK's `info`: 0, or where it failed. T: float, double.
template <class T>
int cholesky(T* a, int n);  // the lower triangle of a becomes L, a = L L^T; the upper one is left alone
template <class T>
int lu(T* a, int n, int* pivots);  // a becomes the factors of its transpose
template <class T>
int lq(T* a, int m, int n, T* tau, T* work,
       int work_size);  // a (m, n), m <= n: L in the lower triangle, and reflectors
template <class T>
int lq_orthogonal(T* a, int m, int n, const T* tau, T* work, int work_size);  // reflectors become Q
template <class T>
int eigen(T* a, int n, T* values, T* work, int work_size, int* iwork, int iwork_size);  // rows become eigenvectors
// Opens the library; raises kUnsupported with the operator's name and advice where it cannot.
void require(std::string_view op);

// How much room the functions with `work` want.
inline int work_size(int n) { return 64 * n; }

}  // namespace mx::lapack
