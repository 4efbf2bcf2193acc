// A tile of elements whose rows become columns: in[r + c in_step] -> out[r out_step + c] for r < rows and c < columns,
// with extra = {rows, columns, in_step, out_step, columns of the plane before the tile, those after it}. Without rows,
// only what waits is written and what comes next is fetched. One kernel for each size of elements. params: a TileCall,
// or null: only the tile is transposed, and extra ends with out_step.
#include "mx/op.h"
#include "mx/op/transpose_plane.h"
#include "op/stream_lines.h"

namespace mx {
inline constexpr int64_t kStagedBytes = 32768;  // what is transposed before it is streamed
inline constexpr int64_t kStagedRow = 2048;     // at most, of a row in kTransposePacked
inline constexpr int64_t kWaitingRow = 512;     // at most, of a row in kTransposeRows

enum TransposedCopyMode : int {
  kTransposeStore,
  kTransposeLines,   // rows of whole lines: streamed from registers where those hold squares of lines
  kTransposeRows,    // rows that begin anywhere
  kTransposePacked,  // out_step is columns: all rows are streamed as one
};

// Rows that are streamed while the next ones are transposed: memory is then read and written all the time.
struct WaitingRows {
  static constexpr int64_t kRows = 16, kStep = kWaitingRow + 64;  // an odd number of lines
  alignas(64) char memory[2][kRows * kStep];
  int filling = 0;  // that memory; the other one holds what waits
  char* to = nullptr;
  const char* from = nullptr;
  int64_t lines = 0;  // left of a row
  int64_t rows = 0;   // left after it: from `staged` to `place`
  const char* staged = nullptr;
  char* place = nullptr;
  int64_t step = 0, bytes = 0, after = 0;  // between rows, of a row in this tile, behind the tile
  bool first = false;                      // whether the tile begins the rows
};

struct TileCall {
  Ahead ahead;  // what is read next
  WaitingRows* waiting = nullptr;
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
    if (!args.params) return transpose_plane(from, to, rows, columns, in_step, out_step);
    auto& call = *static_cast<TileCall*>(const_cast<void*>(args.params));
    if (args.mode == kTransposeStore || rows == 0) {
      while (call.ahead.row < (call.ahead.rows + 3) / 4) fetch(call.ahead);
      write(*call.waiting, INT64_MAX);
      int64_t done = 0;
#if defined(__AVX512F__)
      constexpr int64_t side = kSquare<Word>;
      if constexpr (side * sizeof(Word) == 64)
        if (rows < side && rows > side / 2 && in_step >= rows)
          done = few_rows(from, to, rows, columns, in_step, out_step);
#endif
      return transpose_plane(from + done * in_step, to + done, rows, columns - done, in_step, out_step);
    }
#if defined(__AVX512F__)
    if constexpr (kSquare<Word> * sizeof(Word) == 64)
      if (args.mode == kTransposeLines) return lines(from, to, rows, columns, in_step, out_step);
#endif
    if (args.mode == kTransposePacked) return packed(from, to, rows, columns, in_step, call.ahead);
    waiting_rows(from, to, args, call);
  }

#if defined(__AVX512F__)
  // Where a side of a square, 8 or 16 words, is a line.
  template <class Word, int N = kSquare<Word>, class Store>
  MX_INLINE static void square(const Word* from, int64_t in_step, const Store& store) {
    using Lines = Square<Word, N>;
    typename Lines::Vector a[N], b[N];
#pragma GCC unroll 16
    for (int j = 0; j < N; ++j) a[j] = *reinterpret_cast<const typename Lines::Unaligned*>(from + j * in_step);
    Lines::round(a, b), Lines::round(b, a), Lines::round(a, b);
    if constexpr (N == 16) Lines::round(b, a);
#pragma GCC unroll 16
    for (int j = 0; j < N; ++j) store(j, reinterpret_cast<__m512i>(N == 16 ? a[j] : b[j]));
  }
  template <class Word, int N = kSquare<Word>>
  __attribute__((noinline)) static void lines(const Word* from, Word* to, int64_t rows, int64_t columns,
                                              int64_t in_step, int64_t out_step) {
    for (int64_t r = 0; r < rows; r += N) {
      if (r > rows - N) r = rows - N;
      for (int64_t c = 0; c < columns; c += N)
        square(from + r + c * in_step, in_step, [&](int j, __m512i row) {
          _mm512_stream_si512(reinterpret_cast<__m512i*>(to + (r + j) * out_step + c), row);
        });
    }
  }
  // A few rows more than half a square: reading goes beyond them where another column follows. Returns how many columns
  // that were.
  template <class Word, int N = kSquare<Word>>
  __attribute__((noinline)) static int64_t few_rows(const Word* from, Word* to, int64_t rows, int64_t columns,
                                                    int64_t in_step, int64_t out_step) {
    int64_t c = 0;
    for (; c + N < columns; c += N)
      square(from + c * in_step, in_step, [&](int j, __m512i row) {
        if (j < rows) _mm512_storeu_si512(to + j * out_step + c, row);
      });
    return c;
  }
#endif

  template <class Word>
  __attribute__((noinline)) static void packed(const Word* from, Word* to, int64_t rows, int64_t columns,
                                               int64_t in_step, Ahead& ahead) {
    alignas(64) Word staged[kStagedBytes / sizeof(Word)];
    const int64_t bytes = columns * static_cast<int64_t>(sizeof(Word));
    const int64_t together = bytes < kStagedBytes ? kStagedBytes / bytes : 1;
    for (int64_t r = 0; r < rows; r += together) {
      const int64_t height = rows - r < together ? rows - r : together;
      transpose_plane(from + r, staged, height, columns, in_step, columns);
      stream_piece(reinterpret_cast<char*>(to + r * columns), reinterpret_cast<const char*>(staged), height * bytes,
                   &ahead, 1);
    }
  }

  template <class Word>
  __attribute__((noinline)) static void waiting_rows(const Word* from, Word* to, const LoopArgs& args, TileCall& call) {
    constexpr int64_t size = sizeof(Word), line = 64 / size, step = WaitingRows::kStep / size;
    const int64_t rows = args.extra[0], columns = args.extra[1], in_step = args.extra[2], out_step = args.extra[3];
    const int64_t before = args.extra[4], after = args.extra[5];
    const int64_t height = rows < WaitingRows::kRows ? rows : WaitingRows::kRows;
    const int64_t width = columns + (after < line ? after : line), side = width < line ? width : line;
    WaitingRows& waiting = *call.waiting;
    const int64_t squares = (rows + height - 1) / height * ((width + line - 1) / line);
    const int64_t pace = ((call.ahead.rows + 3) / 4 * ((call.ahead.bytes + 63) / 64 + 1) + squares - 1) / squares;
    for (int64_t row = 0; row < rows; row += height) {
      const int64_t r = row > rows - height ? rows - height : row;
      char* const memory = waiting.memory[waiting.filling];
      for (int64_t column = 0; column < width; column += line) {
        const int64_t c = column > width - side ? width - side : column;
        transpose_plane(from + r + c * in_step, reinterpret_cast<Word*>(memory) + c, height, side, in_step, step);
        for (int64_t i = 0; i < pace; ++i) fetch(call.ahead);
        write(waiting, height);
      }
      write(waiting, INT64_MAX);
      waiting.filling ^= 1;
      waiting.rows = height, waiting.staged = memory, waiting.place = reinterpret_cast<char*>(to + r * out_step);
      waiting.step = out_step * size, waiting.bytes = columns * size, waiting.after = after * size;
      waiting.first = before == 0;
    }
  }

  // So many lines of what waits.
  MX_INLINE static void write(WaitingRows& waiting, int64_t lines) {
    while (lines > 0 && (waiting.lines > 0 || waiting.rows > 0)) {
      if (waiting.lines == 0) begin_row(waiting);
      const int64_t n = waiting.lines < lines ? waiting.lines : lines;
      char* const to = waiting.to;
      const char* const from = waiting.from;
      for (int64_t i = 0; i < n; ++i) stream_line(to + 64 * i, from + 64 * i);
      waiting.to = to + 64 * n, waiting.from = from + 64 * n, waiting.lines -= n, lines -= n;
    }
  }
  // A tile writes the lines that begin in it; what shares lines with other rows is stored in the usual way.
  MX_INLINE static void begin_row(WaitingRows& waiting) {
    char* to = waiting.place;
    const char* from = waiting.staged;
    int64_t bytes = waiting.bytes, head = -reinterpret_cast<int64_t>(to) & 63;
    const int64_t more = -(reinterpret_cast<int64_t>(to) + bytes) & 63;
    bytes += more < waiting.after ? more : waiting.after;
    if (head > bytes) head = bytes;
    if (waiting.first) __builtin_memcpy(to, from, static_cast<size_t>(head));
    to += head, from += head, bytes -= head;
    waiting.lines = bytes / 64, waiting.to = to, waiting.from = from;
    if (bytes % 64) __builtin_memcpy(to + bytes / 64 * 64, from + bytes / 64 * 64, static_cast<size_t>(bytes % 64));
    --waiting.rows, waiting.staged += WaitingRows::kStep, waiting.place += waiting.step;
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
#include "op/streamed_task.h"
#include "op/transposed_copy.h"
#include "op/walk.h"

namespace mx {
namespace {

// Tiles that are read by pieces of the rows of the input: the second cache holds one and the next. Memory likes to be
// read in pieces of a kilobyte or more.
constexpr int64_t kTileBytes = 131072, kReadBytes = 4096, kShortReadBytes = 1024;
// Tiles of lines are so narrow that the processor follows each row of the input by itself (it does so for 32), and
// write two lines of each row: one costs memory nearly as much.
constexpr int64_t kLinesBytes = 128, kLinesHeight = 2048;
// Pieces of up to 4 KB are put together before they are streamed: what stays in the first cache keeps memory waiting
// less the smaller it is.
constexpr int64_t kStagedPieces = 2048, kLongestPiece = 4096;

// Whether every row of the output begins at a cache line.
bool rows_aligned(const StridedCopy& c, int64_t element) {
  bool aligned = true;
  for (int axis = 0; axis + 1 < c.ndim; ++axis) aligned &= c.out[axis] * element % 64 == 0;
  return aligned;
}

// Tiles of the plane that the axis `across` and the last one span, in each of the planes: along the axis first, where
// the input goes on.
class Tiles {
 public:
  Tiles(const StridedCopy& c, int across, int64_t height, int64_t width)
      : c_(c), across_(across), rows_(c.dims[across]), columns_(c.dims[c.ndim - 1]), height_(height), width_(width) {
    down_ = (rows_ + height - 1) / height;
    per_plane_ = (columns_ + width - 1) / width * down_;
  }
  int64_t count() const { return c_.size() / (rows_ * columns_) * per_plane_; }

  struct Tile {
    int64_t in, out, rows, columns, before, after;  // before, after: columns of the plane
  };
  Tile at(int64_t index) const {
    const Walk plane(c_, index / per_plane_, across_);
    const int64_t row = index % per_plane_ % down_ * height_, column = index % per_plane_ / down_ * width_;
    const int64_t columns = std::min(width_, columns_ - column);
    return {plane.in + row * c_.in[across_] + column * c_.in[c_.ndim - 1],
            plane.out + row * c_.out[across_] + column * c_.out[c_.ndim - 1],
            std::min(height_, rows_ - row),
            columns,
            column,
            columns_ - column - columns};
  }

 private:
  const StridedCopy& c_;
  int across_;
  int64_t rows_, columns_, height_, width_, down_, per_plane_;
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
  const bool lines = aligned && bytes % 64 == 0 && rows * element >= 64 && element >= 4;
  const bool streaming = (aligned || packed || bytes >= kStagedRow) && worth_streaming(to, c.size() * element);
  int mode = kTransposeStore;
  int64_t height = std::min(rows, kShortReadBytes / element), width = kTileBytes / (height * element);
  if (streaming && lines)
    mode = kTransposeLines, height = kLinesHeight, width = kLinesBytes / element;
  else if (streaming && packed)
    mode = kTransposePacked, height = kReadBytes / element, width = columns;
  else if (streaming && aligned)  // whole lines that registers do not hold: half types
    mode = kTransposeRows, height = kReadBytes / element, width = kLinesBytes / element;
  else if (streaming)
    mode = kTransposeRows, height = kTileBytes / kWaitingRow, width = kWaitingRow / element;
  height = std::min(height, rows), width = std::min(width, columns);
  const Tiles tiles(c, across, height, width);
  const auto run = [&](int64_t begin, int64_t end) {
    WaitingRows waiting;
    Tiles::Tile tile{};
    // Before the first tile it is fetched, after the last one what waits is written.
    for (int64_t index = begin - 1; index <= end; ++index) {
      const Tiles::Tile here = tile;
      tile = index + 1 < end ? tiles.at(index + 1) : Tiles::Tile{};
      if (here.rows == 0 && mode == kTransposeStore) continue;
      TileCall call{.waiting = &waiting};
      if (mode == kTransposeLines)
        call.ahead = {};  // the processor does it
      else if (tile.rows == c.in[last])
        call.ahead =
            Ahead::flat(from + tile.in * element, tile.columns * rows * element, tile.columns * rows * element);
      else if (tile.rows > 0)
        call.ahead = {from + tile.in * element, tile.rows * element, c.in[last] * element, tile.columns,
                      std::max<int64_t>(1, 4 / tile.columns)};
      const int64_t extra[] = {here.rows, here.columns, c.in[last], c.out[across], here.before, here.after};
      const void* in = from + here.in * element;
      void* out = to + here.out * element;
      loop(&out, &in, 0, LoopArgs{.params = &call, .mode = mode, .extra = extra});
    }
    if (streaming) end_stream();
  };
  const int64_t grain = streaming ? streamed_task(c.size() * element) : kGrain * element;
  engine::parallel_for(tiles.count(), std::max<int64_t>(1, grain / (height * width * element)), run);
}

// Both are contiguous along the last axis; before it, the output goes on along one axis and the input along `across`.
void copy_pieces(const StridedCopy& c, int across, const char* from, char* to, int64_t element) {
  const int last = c.ndim - 1;
  StridedCopy outer;  // of pieces
  for (int axis = 0; axis < last; ++axis) outer.axis(c.dims[axis], c.in[axis], c.out[axis]);
  const int64_t piece = c.dims[last] * element, step = c.in[last - 1] * element;
  const int64_t height = std::min(c.dims[across], kTileBytes / (2 * kStagedPieces));
  const int64_t width = std::min(c.dims[last - 1], std::max<int64_t>(1, kTileBytes / (height * piece)));
  const Tiles tiles(outer, across, height, width);
  const auto run = [&](int64_t begin, int64_t end) {
    alignas(64) char staged[kStagedPieces + kLongestPiece];
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
        char* out = to + (here.out + r * c.out[across]) * element;
        int64_t held = 0;
        for (int64_t i = 0; i < here.columns; ++i, in += step) {
          std::memcpy(staged + held, in, static_cast<size_t>(piece));
          held += piece;
          const bool last_one = i + 1 == here.columns;
          if (held < kStagedPieces && !last_one) continue;
          const int64_t part = last_one ? 0 : reinterpret_cast<int64_t>(out + held) & 63;  // of a line
          stream(out, staged, held - part, {&ahead, 1});
          std::memmove(staged, staged + held - part, static_cast<size_t>(part));
          out += held - part, held = part;
        }
      }
    }
    end_stream();
  };
  engine::parallel_for(tiles.count(),
                       std::max<int64_t>(1, streamed_task(c.size() * element) / (height * width * piece)), run);
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
  if (last < 2 || c.out[last - 1] != c.dims[last] || piece < 64 || piece > kLongestPiece) return false;
  if (!worth_streaming(to, c.size() * element)) return false;
  for (int axis = 0; axis + 1 < last; ++axis)
    if (c.in[axis] == c.dims[last]) return copy_pieces(c, axis, in, out, element), true;
  return false;
}

}  // namespace mx
#endif
