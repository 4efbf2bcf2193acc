#include "mx/op/stream.h"

#include "mx/op.h"
#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace mx::MX_ISA {

#if defined(MX_PASS_CPU)
struct Stream {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs&) {
    auto* to = static_cast<char*>(out[0]);
    auto* from = static_cast<const char*>(in[0]);
#if defined(__AVX512F__)
    for (; n >= 64; n -= 64, to += 64, from += 64) {
      __builtin_prefetch(from + 2048);
      _mm512_stream_si512(reinterpret_cast<__m512i*>(to), _mm512_loadu_si512(from));
    }
#elif defined(__AVX2__)
    for (; n >= 32; n -= 32, to += 32, from += 32)
      _mm256_stream_si256(reinterpret_cast<__m256i*>(to), _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
#endif
    __builtin_memcpy(to, from, static_cast<size_t>(n));
  }
};
#endif

}  // namespace mx::MX_ISA

MX_KERNELS(stream, Stream, uint8_t)

#if defined(MX_PASS_HOST)
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "mx/op/kernel.h"

namespace mx {

namespace {
// An eighth of the last cache: inputs need room too, and whoever reads the output next should still find it there.
std::atomic<int64_t> limit{std::max(int64_t{8} << 20, int64_t{sysconf(_SC_LEVEL3_CACHE_SIZE)} / 8)};
}  // namespace

void set_streaming_limit(int64_t bytes) { limit = bytes; }
int64_t streaming_limit() { return limit.load(std::memory_order_relaxed); }

bool worth_streaming(const void* out, int64_t bytes) {
  return bytes >= streaming_limit() && reinterpret_cast<uintptr_t>(out) % 64 == 0;
}

void stream(void* to, const void* from, int64_t bytes) {
  static const Loop loop = get_kernel("stream").loop(DType::kUint8);
  loop(&to, &from, bytes, LoopArgs{});
}

void end_stream() {
#if defined(__SSE2__)
  __builtin_ia32_sfence();
#endif
}

}  // namespace mx
#endif
