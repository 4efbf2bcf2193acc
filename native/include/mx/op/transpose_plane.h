// Moves a plane of elements so that rows become columns, in registers. For kernels.
#pragma once
#include <utility>

#include "mx/loop.h"

#if defined(MX_PASS_CPU)
namespace mx::MX_ISA {

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
#else
inline constexpr int kVectorBytes = 32;
#endif
// The side of the largest square of words of so many bytes.
template <class Word>
inline constexpr int kSquare = sizeof(Word) == 1   ? 16
                               : sizeof(Word) == 2 ? 8
                                                   : kVectorBytes / int{sizeof(Word)};

// N x N elements in N vectors. In each round, element i of the rows j and j + N / 2 meet: after log2(N) rounds all of
// them are where they belong.
template <class Word, int N>
struct Square {
  typedef Word Vector __attribute__((vector_size(N * sizeof(Word))));
  typedef Word Unaligned __attribute__((vector_size(N * sizeof(Word)), aligned(sizeof(Word)), may_alias));

  template <int... I>
  MX_INLINE static Vector low(Vector a, Vector b, std::integer_sequence<int, I...>) {
    return __builtin_shufflevector(a, b, (I % 2 ? N + I / 2 : I / 2)...);
  }
  template <int... I>
  MX_INLINE static Vector high(Vector a, Vector b, std::integer_sequence<int, I...>) {
    return __builtin_shufflevector(a, b, (N / 2 + (I % 2 ? N + I / 2 : I / 2))...);
  }
  MX_INLINE static void round(const Vector* from, Vector* to) {
#pragma GCC unroll 16
    for (int j = 0; j < N / 2; ++j) {
      to[2 * j] = low(from[j], from[j + N / 2], std::make_integer_sequence<int, N>());
      to[2 * j + 1] = high(from[j], from[j + N / 2], std::make_integer_sequence<int, N>());
    }
  }
  MX_INLINE static void transpose(const Word* from, Word* to, int64_t in_step, int64_t out_step) {
    Vector a[N], b[N];
#pragma GCC unroll 16
    for (int j = 0; j < N; ++j) a[j] = *reinterpret_cast<const Unaligned*>(from + j * in_step);
    round(a, b);
    round(b, a);
    if constexpr (N >= 8) round(a, b);
    if constexpr (N >= 16) round(b, a);
    const Vector* const result = N == 8 ? b : a;
#pragma GCC unroll 16
    for (int j = 0; j < N; ++j) *reinterpret_cast<Unaligned*>(to + j * out_step) = result[j];
  }
};

// What up to kSquare - 1 is rounded up to where memory beyond may be touched: then few squares do.
template <class Word>
MX_INLINE int64_t padded(int64_t n) {
  if (n >= kSquare<Word>) return n;
  int64_t side = 4;
  while (side < n) side *= 2;
  return side;
}

// to[r out_step + c] = from[r + c in_step] for r < rows and c < columns. The last squares overlap those before them.
template <class Word, int N = kSquare<Word>>
MX_INLINE void transpose_plane(const Word* from, Word* to, int64_t rows, int64_t columns, int64_t in_step,
                               int64_t out_step) {
  if constexpr (N >= 4) {
    if (rows < N || columns < N) return transpose_plane<Word, N / 2>(from, to, rows, columns, in_step, out_step);
    for (int64_t r = 0; r < rows; r += N) {
      if (r > rows - N) r = rows - N;
      for (int64_t c = 0; c < columns; c += N) {
        if (c > columns - N) c = columns - N;
        Square<Word, N>::transpose(from + r + c * in_step, to + r * out_step + c, in_step, out_step);
      }
    }
  } else {
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c) to[r * out_step + c] = from[r + c * in_step];
  }
}

}  // namespace mx::MX_ISA
#endif
