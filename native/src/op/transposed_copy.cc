// A plane of elements whose rows become columns: in[r + c extra[2]] -> out[r extra[3] + c] for r < extra[0] and
// c < extra[1]. One kernel for each size of elements.
#include <utility>

#include "mx/op.h"

namespace mx::MX_ISA {

#if defined(MX_PASS_CPU)
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

struct TransposedCopy {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t, const LoopArgs& args) {
    const int64_t rows = args.extra[0], columns = args.extra[1], in_step = args.extra[2], out_step = args.extra[3];
    if constexpr (sizeof(T) == 1)
      plane<uint8_t, 16>(in[0], out[0], rows, columns, in_step, out_step);
    else if constexpr (sizeof(T) == 2)
      plane<uint16_t, 8>(in[0], out[0], rows, columns, in_step, out_step);
    else if constexpr (sizeof(T) == 4)
      plane<uint32_t, kVectorBytes / 4>(in[0], out[0], rows, columns, in_step, out_step);
    else
      plane<uint64_t, kVectorBytes / 8>(in[0], out[0], rows, columns, in_step, out_step);
  }

 private:
#if defined(__AVX512F__)
  static constexpr int kVectorBytes = 64;
#else
  static constexpr int kVectorBytes = 32;
#endif

  template <class Word, int N>
  MX_INLINE static void plane(const void* in, void* out, int64_t rows, int64_t columns, int64_t in_step,
                              int64_t out_step) {
    squares<Word, N>(static_cast<const Word*>(in), static_cast<Word*>(out), rows, columns, in_step, out_step);
  }

  // What is left beside the squares is covered by smaller ones.
  template <class Word, int N>
  MX_INLINE static void squares(const Word* from, Word* to, int64_t rows, int64_t columns, int64_t in_step,
                                int64_t out_step) {
    if constexpr (N >= 4) {
      const int64_t full_rows = rows / N * N, full_columns = columns / N * N;
      for (int64_t r = 0; r < full_rows; r += N)
        for (int64_t c = 0; c < full_columns; c += N)
          Square<Word, N>::transpose(from + r + c * in_step, to + r * out_step + c, in_step, out_step);
      if (full_columns < columns)
        squares<Word, N / 2>(from + full_columns * in_step, to + full_columns, full_rows, columns - full_columns,
                             in_step, out_step);
      if (full_rows < rows)
        squares<Word, N / 2>(from + full_rows, to + full_rows * out_step, rows - full_rows, columns, in_step, out_step);
    } else {
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c) to[r * out_step + c] = from[r + c * in_step];
    }
  }
};
#endif

}  // namespace mx::MX_ISA

MX_KERNELS(transposed_copy, TransposedCopy, uint8_t, float16, int32_t, int64_t)
