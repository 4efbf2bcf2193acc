#include "mx/op/stream.h"

#include "mx/op.h"
#include "op/stream_lines.h"

namespace mx::MX_ISA {

#if defined(MX_PASS_CPU)
struct Stream {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    auto* const ahead = static_cast<Ahead*>(const_cast<void*>(args.params));
    stream_piece(static_cast<char*>(out[0]), static_cast<const char*>(in[0]), n, ahead, static_cast<int>(args.scalars));
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

void stream(void* to, const void* from, int64_t bytes, std::span<Ahead> ahead) {
  static const Loop loop = get_kernel("stream").loop(DType::kUint8);
  loop(&to, &from, bytes, LoopArgs{.params = ahead.data(), .scalars = static_cast<unsigned>(ahead.size())});
}

void end_stream() {
#if defined(__SSE2__)
  __builtin_ia32_sfence();
#endif
}

}  // namespace mx
#endif
