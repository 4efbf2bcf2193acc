// A tile of elements whose rows become columns: in[r + c in_step] -> out[r out_step + c] for r < rows and c < columns,
// with extra = {rows, columns, in_step, out_step, rows staged together}. One kernel for each size of elements.
// params: the Ahead of the next tile, or null.
#include "mx/op.h"
#include "mx/op/transpose_plane.h"
#include "op/stream_lines.h"

namespace mx {
inline constexpr int64_t kStagedBytes = 32768;  // what is transposed before it is streamed
inline constexpr int64_t kStagedRow = 2048;     // at most, of a row

enum TransposedCopyMode : int {
  kTransposeStore,
  kTransposeStream,        // rows of up to kStagedRow bytes, each streamed on its own
  kTransposeStreamPacked,  // out_step is columns: all rows are streamed as one
};
}  // namespace mx

namespace mx::MX_ISA {

#if defined(MX_PASS_CPU)
struct TransposedCopy {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t, const LoopArgs& args) {
    if constexpr (sizeof(T) == 1)
      tile<uint8_t>(in[0], out[0], args);
    else if constexpr (sizeof(T) == 2)
      tile<uint16_t>(in[0], out[0], args);
    else if constexpr (sizeof(T) == 4)
      tile<uint32_t>(in[0], out[0], args);
    else
      tile<uint64_t>(in[0], out[0], args);
  }

 private:
  template <class Word>
  MX_INLINE static void tile(const void* in, void* out, const LoopArgs& args) {
    const Word* from = static_cast<const Word*>(in);
    Word* to = static_cast<Word*>(out);
    const int64_t rows = args.extra[0], columns = args.extra[1], in_step = args.extra[2], out_step = args.extra[3];
    auto* const ahead = static_cast<Ahead*>(const_cast<void*>(args.params));
    if (args.mode == kTransposeStore) {
      if (ahead)
        while (ahead->row < (ahead->rows + 3) / 4) fetch(*ahead);
      return transpose_plane(from, to, rows, columns, in_step, out_step);
    }
    alignas(64) Word staged[kStagedBytes / sizeof(Word)];
    const int count = ahead ? 1 : 0;
    const int64_t together = args.extra[4];
    for (int64_t r = 0; r < rows; r += together) {
      const int64_t height = rows - r < together ? rows - r : together;
      char* place = reinterpret_cast<char*>(to + r * out_step);
      const int64_t bytes = columns * static_cast<int64_t>(sizeof(Word));
      const char* done = reinterpret_cast<const char*>(staged);
      if (args.mode == kTransposeStreamPacked) {
        transpose_plane(from + r, staged, height, columns, in_step, columns);
        stream_piece(place, done, height * bytes, ahead, count);
        continue;
      }
      const int64_t step = bytes <= 128 ? 128 : kStagedRow;
      transpose_plane(from + r, staged, height, columns, in_step, step / static_cast<int64_t>(sizeof(Word)));
      for (int64_t i = 0; i < height; ++i, place += out_step * static_cast<int64_t>(sizeof(Word)))
        stream_piece(place, done + i * step, bytes, ahead, count);
    }
  }
};
#endif

}  // namespace mx::MX_ISA

MX_KERNELS(transposed_copy, TransposedCopy, uint8_t, float16, int32_t, int64_t)

#if defined(MX_PASS_HOST)
#include <algorithm>
#include <cstring>

#include "engine/threads.h"
#include "mx/op/kernel.h"
#include "op/transposed_copy.h"
#include "op/walk.h"

namespace mx {
namespace {

// Memory likes to be read in pieces of a kilobyte or more, and written in pieces of two lines or more. A tile is a
// piece of as many rows of the output as that needs, and small enough that the second cache holds this tile and the
// next.
constexpr int64_t kTileBytes = 131072, kReadBytes = 4096, kShortReadBytes = 1024, kWriteBytes = 128;
constexpr int64_t kTask = 1 << 19;  // bytes that one thread does in a row, so that it fetches its own tiles ahead

// Whether every row of the output begins at a cache line.
bool rows_aligned(const StridedCopy& c, int64_t element) {
  bool aligned = true;
  for (int axis = 0; axis + 1 < c.ndim; ++axis) aligned &= c.out[axis] * element % 64 == 0;
  return aligned;
}

// Tiles of the plane that the axis `across` and the last one span, in each of the planes.
class Tiles {
 public:
  Tiles(const StridedCopy& c, int across, int64_t height, int64_t width)
      : c_(c), across_(across), rows_(c.dims[across]), columns_(c.dims[c.ndim - 1]), height_(height), width_(width) {
    right_ = (columns_ + width - 1) / width;
    per_plane_ = (rows_ + height - 1) / height * right_;
  }
  int64_t count() const { return c_.size() / (rows_ * columns_) * per_plane_; }

  struct Tile {
    int64_t in, out, rows, columns;
  };
  Tile at(int64_t index) const {
    const Walk plane(c_, index / per_plane_, across_);
    const int64_t row = index % per_plane_ / right_ * height_, column = index % right_ * width_;
    return {plane.in + row * c_.in[across_] + column * c_.in[c_.ndim - 1],
            plane.out + row * c_.out[across_] + column * c_.out[c_.ndim - 1], std::min(height_, rows_ - row),
            std::min(width_, columns_ - column)};
  }

 private:
  const StridedCopy& c_;
  int across_;
  int64_t rows_, columns_, height_, width_, right_, per_plane_;
};

// The input is contiguous along the axis `across`, the output along the last one.
void copy_elements(const StridedCopy& c, int across, const char* from, char* to, int64_t element) {
  static const Kernel& kernel = get_kernel("transposed_copy");
  const Loop loop = kernel.loop(element == 1   ? DType::kUint8
                                : element == 2 ? DType::kFloat16
                                : element == 4 ? DType::kInt32
                                               : DType::kInt64);
  const int last = c.ndim - 1;
  const int64_t rows = c.dims[across], columns = c.dims[last], bytes = columns * element;
  const bool aligned = rows_aligned(c, element), packed = c.out[across] == columns && bytes <= kStagedRow;
  const bool streaming = (aligned || packed || bytes >= kStagedRow) && worth_streaming(to, c.size() * element);
  const bool brief = !streaming || !(aligned || packed);
  const int64_t height = std::min(rows, (brief ? kShortReadBytes : kReadBytes) / element);
  const int64_t narrow = streaming && !aligned ? kStagedRow : kWriteBytes;
  const int64_t width = streaming && packed
                            ? columns
                            : std::clamp(kTileBytes / (height * element), narrow / element, kStagedRow / element);
  const int64_t together = packed ? std::max<int64_t>(1, kStagedBytes / bytes) : 16;
  const int mode = !streaming ? kTransposeStore : packed ? kTransposeStreamPacked : kTransposeStream;
  const Tiles tiles(c, across, height, width);
  const auto run = [&](int64_t begin, int64_t end) {
    Tiles::Tile tile = tiles.at(begin);
    for (int64_t index = begin; index < end; ++index) {
      const Tiles::Tile here = tile;
      Ahead ahead;
      if (index + 1 < end) {
        tile = tiles.at(index + 1);
        ahead = {from + tile.in * element, tile.rows * element, c.in[last] * element, tile.columns};
        ahead.pace = tile.columns < 4 ? 4 / tile.columns : 1;
      }
      const int64_t extra[] = {here.rows, here.columns, c.in[last], c.out[across], together};
      const void* in = from + here.in * element;
      void* out = to + here.out * element;
      loop(&out, &in, 0, LoopArgs{.params = index + 1 < end ? &ahead : nullptr, .mode = mode, .extra = extra});
    }
    if (streaming) end_stream();
  };
  const int64_t tile = height * std::min(width, columns) * element;
  engine::parallel_for(tiles.count(), std::max<int64_t>(1, (streaming ? kTask : kGrain * element) / tile), run);
}

// Both are contiguous along the last axis; before it, the output goes on along one axis and the input along `across`.
void copy_pieces(const StridedCopy& c, int across, const char* from, char* to, int64_t element) {
  const int last = c.ndim - 1;
  StridedCopy outer;  // of pieces
  for (int axis = 0; axis < last; ++axis) outer.axis(c.dims[axis], c.in[axis], c.out[axis]);
  const int64_t piece = c.dims[last] * element, step = c.in[last - 1] * element;
  const int64_t width = std::max<int64_t>(1, kStagedBytes / piece);
  const int64_t height = std::max<int64_t>(1, kTileBytes / (width * piece));
  const Tiles tiles(outer, across, height, width);
  const auto run = [&](int64_t begin, int64_t end) {
    alignas(64) char staged[kStagedBytes];
    Tiles::Tile tile = tiles.at(begin);
    for (int64_t index = begin; index < end; ++index) {
      const Tiles::Tile here = tile;
      Ahead ahead;
      if (index + 1 < end) {
        tile = tiles.at(index + 1);
        ahead = {from + tile.in * element, ((tile.rows - 1) * c.in[across] + c.dims[last]) * element, step,
                 tile.columns};
      }
      for (int64_t r = 0; r < here.rows; ++r) {
        const char* in = from + (here.in + r * c.in[across]) * element;
        for (int64_t i = 0; i < here.columns; ++i, in += step)
          std::memcpy(staged + i * piece, in, static_cast<size_t>(piece));
        stream(to + (here.out + r * c.out[across]) * element, staged, here.columns * piece, {&ahead, 1});
      }
    }
    end_stream();
  };
  engine::parallel_for(tiles.count(), kTask / kTileBytes, run);
}

}  // namespace

bool copy_transposed(const StridedCopy& c, const void* from, void* to, int64_t element) {
  const int last = c.ndim - 1;
  const auto* in = static_cast<const char*>(from);
  auto* out = static_cast<char*>(to);
  if (c.out[last] != 1 || c.in[last] == 0) return false;
  if (c.in[last] != 1) {
    for (int axis = 0; axis < last; ++axis)
      if (c.in[axis] == 1) return copy_elements(c, axis, in, out, element), true;
    return false;
  }
  const int64_t piece = c.dims[last] * element;
  if (last < 2 || c.out[last - 1] != c.dims[last] || piece < 64 || piece > kStagedBytes / 8) return false;
  if (!worth_streaming(to, c.size() * element)) return false;
  for (int axis = 0; axis + 1 < last; ++axis)
    if (c.in[axis] == c.dims[last]) return copy_pieces(c, axis, in, out, element), true;
  return false;
}

}  // namespace mx
#endif
