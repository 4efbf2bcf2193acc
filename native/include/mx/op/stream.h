// Stores that go past the caches, for outputs that the caches could not keep: the memory is then written without being
// read first, and what else the caches hold stays. Host code only.
#pragma once
#include <cstddef>
#include <cstdint>

namespace mx {

// Whether an output of so many bytes at `out` should be streamed: it is too large for the last cache, and aligned.
bool worth_streaming(const void* out, int64_t bytes);

// From how many bytes on; tests stream small outputs.
int64_t streaming_limit();
void set_streaming_limit(int64_t bytes);

// memcpy in streaming stores; `to` is aligned to 64 bytes. Other threads may read after end_stream() on this one.
void stream(void* to, const void* from, int64_t bytes);
void end_stream();

}  // namespace mx
