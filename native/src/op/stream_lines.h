// Streaming stores in kernels: see mx/op/stream.h.
#pragma once
#include "mx/loop.h"
#include "mx/op/stream.h"
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(MX_PASS_CPU)
namespace mx::MX_ISA {

// The next line of four rows.
MX_INLINE void fetch(Ahead& ahead) {
  const int64_t quarter = (ahead.rows + 3) / 4;
  if (ahead.row == quarter) return;
  const char* place = ahead.from + ahead.row * ahead.step + ahead.at;
  for (int64_t row = ahead.row; row < ahead.rows; row += quarter, place += quarter * ahead.step)
    __builtin_prefetch(place, 0, 2);
  ahead.at += 64;
  // A row that begins within a line ends in one line more.
  const int64_t more = (reinterpret_cast<int64_t>(ahead.from) | ahead.step) & 63 ? 63 : 0;
  if (ahead.at >= ahead.bytes + more) ahead.at = 0, ++ahead.row;
}

MX_INLINE void stream_line(char* to, const char* from) {
#if defined(__AVX512F__)
  _mm512_stream_si512(reinterpret_cast<__m512i*>(to), _mm512_loadu_si512(from));
#elif defined(__AVX2__)
  const __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  const __m256i second = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + 32));
  _mm256_stream_si256(reinterpret_cast<__m256i*>(to), first);
  _mm256_stream_si256(reinterpret_cast<__m256i*>(to + 32), second);
#else
  __builtin_memcpy(to, from, 64);
#endif
}

MX_INLINE void stream_piece(char* to, const char* from, int64_t bytes, Ahead* ahead, int count) {
  constexpr int64_t page = 4096;
  int64_t head = -reinterpret_cast<int64_t>(to) & 63;
  if (head > bytes) head = bytes;
  if (head) {
    __builtin_memcpy(to, from, static_cast<size_t>(head));
    to += head, from += head, bytes -= head;
  }
  if (count == 0)
    for (; bytes >= 4 * page; bytes -= 4 * page, to += 4 * page, from += 4 * page)
      for (int64_t at = 0; at < page; at += 64)
        for (int64_t way = 0; way < 4 * page; way += page) stream_line(to + way + at, from + way + at);
  for (; bytes >= 256; bytes -= 256, to += 256, from += 256) {
    for (int k = 0; k < count; ++k)
      for (int64_t i = 0; i < ahead[k].pace; ++i) fetch(ahead[k]);
    for (int at = 0; at < 256; at += 64) stream_line(to + at, from + at);
  }
  if (bytes >= 128)
    for (int k = 0; k < count; ++k) fetch(ahead[k]);
  for (; bytes >= 64; bytes -= 64, to += 64, from += 64) stream_line(to, from);
  if (bytes) __builtin_memcpy(to, from, static_cast<size_t>(bytes));
}

}  // namespace mx::MX_ISA
#endif
