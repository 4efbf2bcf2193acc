// Stores that go past the caches, for outputs that the caches could not keep: the memory is then written without being
// read first, and what else the caches hold stays. Host code only.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace mx {

// Whether an output of so many bytes at `out` should be streamed: it is too large for the last cache, and aligned.
bool worth_streaming(const void* out, int64_t bytes);

// From how many bytes on; tests stream small outputs.
int64_t streaming_limit();
void set_streaming_limit(int64_t bytes);

// Memory that is read next: rows that begin `step` bytes apart. It is fetched into the second cache while something
// else is streamed, from four places in turn: memory then gives half as much again as from one place.
struct Ahead {
  const char* from = nullptr;
  int64_t bytes = 0, step = 0, rows = 0;  // of a row, between rows, how many
  int64_t pace = 1;                       // lines to fetch for each line that is written
  int64_t row = 0, at = 0;                // how far the work is

  // Contiguous memory, to be fetched while `written` bytes are streamed.
  static Ahead flat(const void* from, int64_t bytes, int64_t written) {
    return {static_cast<const char*>(from), (bytes + 3) / 4, (bytes + 3) / 4, 4, (bytes + written - 1) / written};
  }
};

// memcpy in streaming stores, at best of a kilobyte or more; what shares its first and last line with other data is
// stored in the usual way. Other threads may read after end_stream() on this one.
void stream(void* to, const void* from, int64_t bytes, std::span<Ahead> ahead = {});
void end_stream();

}  // namespace mx
