#include "mx/op/strided.h"

#include <algorithm>
#include <cstring>

#include "device/blocks.h"
#include "engine/threads.h"
#include "mx/op/kernel.h"
#include "mx/op/stream.h"

namespace mx {
namespace {

constexpr int64_t kTile = 64;  // side of the square that a transposed copy works on

// Walks over the axes of a copy, the last of them fastest, except those that are worked on together.
class Walk {
 public:
  Walk(const StridedCopy& c, int64_t begin, int skipped = -1) : copy_(c) {
    for (int axis = c.ndim - 2; axis >= 0; --axis) {
      if (axis == skipped) continue;
      axes_[count_] = axis;
      index_[count_] = begin % c.dims[axis];
      begin /= c.dims[axis];
      in += index_[count_] * c.in[axis];
      out += index_[count_++] * c.out[axis];
    }
  }
  void next() {
    for (int i = 0; i < count_; ++i) {
      const int axis = axes_[i];
      const bool wraps = ++index_[i] == copy_.dims[axis];
      const int64_t steps = wraps ? 1 - copy_.dims[axis] : 1;
      in += steps * copy_.in[axis], out += steps * copy_.out[axis];
      if (!wraps) return;
      index_[i] = 0;
    }
  }
  int64_t in = 0, out = 0;  // where the walk is

 private:
  const StridedCopy& copy_;
  int count_ = 0, axes_[kMaxNdim];
  int64_t index_[kMaxNdim];
};

template <class Word>
void copy_row(const Word* from, Word* to, int64_t n, int64_t in, int64_t out) {
  if (in == 1 && out == 1) {
    std::memcpy(to, from, static_cast<size_t>(n) * sizeof(Word));
  } else if (in == 0 && out == 1) {
    const Word value = *from;
    for (int64_t i = 0; i < n; ++i) to[i] = value;
  } else if (out == 1) {
    for (int64_t i = 0; i < n; ++i) to[i] = from[i * in];
  } else {
    for (int64_t i = 0; i < n; ++i) to[i * out] = from[i * in];
  }
}

// Whether the output can be streamed row by row: every row begins at a cache line.
__attribute__((noinline)) bool streams(const StridedCopy& c, const void* to, int64_t element) {
  const int last = c.ndim - 1;
  int64_t bytes = c.dims[last] * element;
  bool aligned = c.out[last] == 1;
  for (int axis = 0; axis < last; ++axis) {
    bytes *= c.dims[axis];
    aligned &= c.out[axis] * element % 64 == 0;
  }
  return aligned && worth_streaming(to, bytes);
}

template <class Word>
void copy_rows(const StridedCopy& c, const Word* from, Word* to) {
  const int last = c.ndim - 1;
  const int64_t n = c.dims[last];
  int64_t rows = 1;
  for (int axis = 0; axis < last; ++axis) rows *= c.dims[axis];
  const bool streaming = c.in[last] == 1 && streams(c, to, sizeof(Word));
  const auto run = [&](int64_t begin, int64_t end) {
    Walk walk(c, begin);
    for (int64_t row = begin; row < end; ++row, walk.next()) {
      if (streaming)
        stream(to + walk.out, from + walk.in, n * static_cast<int64_t>(sizeof(Word)));
      else
        copy_row(from + walk.in, to + walk.out, n, c.in[last], c.out[last]);
    }
    if (streaming) end_stream();
  };
  engine::parallel_for(rows, kGrain / n + 1, run);
}

// The input is contiguous along the axis `across`, the output along the last one: these two are cut into squares.
template <class Word>
void copy_transposed(const StridedCopy& c, int across, const Word* from, Word* to) {
  static const Loop loop = get_kernel("transposed_copy")
                               .loop(sizeof(Word) == 1   ? DType::kUint8
                                     : sizeof(Word) == 2 ? DType::kFloat16
                                     : sizeof(Word) == 4 ? DType::kInt32
                                                         : DType::kInt64);
  const int last = c.ndim - 1;
  const int64_t rows = c.dims[across], columns = c.dims[last];
  const int64_t down = (rows + kTile - 1) / kTile, right = (columns + kTile - 1) / kTile, squares = down * right;
  int64_t planes = 1;
  for (int axis = 0; axis < last; ++axis)
    if (axis != across) planes *= c.dims[axis];
  const bool streaming = streams(c, to, sizeof(Word));
  const auto run = [&](int64_t begin, int64_t end) {
    alignas(64) Word staged[kTile * kTile];
    Walk walk(c, begin / squares, across);
    int64_t square = begin % squares;
    for (int64_t task = begin; task < end; ++task) {
      const int64_t r = square / right * kTile, column = square % right * kTile;
      const int64_t height = std::min(kTile, rows - r), width = std::min(kTile, columns - column);
      const int64_t step = c.out[across];
      Word* const place = to + walk.out + r * step + column;
      const int64_t extra[] = {height, width, c.in[last], streaming ? kTile : step};
      const void* in = from + walk.in + r + column * c.in[last];
      void* out = streaming ? staged : place;
      if (right > 1 && column + width < columns)  // the next square; nothing else would guess it
        for (int64_t i = 0; i < std::min(kTile, columns - column - width); ++i)
          for (int64_t at = 0; at < height * static_cast<int64_t>(sizeof(Word)); at += 64)
            __builtin_prefetch(
                reinterpret_cast<const char*>(from + walk.in + r + (column + width + i) * c.in[last]) + at, 0, 2);
      loop(&out, &in, 0, LoopArgs{.extra = extra});
      if (streaming)
        for (int64_t i = 0; i < height; ++i)
          stream(place + i * step, staged + i * kTile, width * static_cast<int64_t>(sizeof(Word)));
      if (++square == squares) square = 0, walk.next();
    }
    if (streaming) end_stream();
  };
  const int64_t grain = kGrain / (std::min(rows, kTile) * std::min(columns, kTile)) + 1;
  engine::parallel_for(planes * squares, grain, run);
}

template <class Word>
void copy_words(const StridedCopy& c, const void* from_bytes, void* to_bytes) {
  const Word* from = static_cast<const Word*>(from_bytes);
  Word* to = static_cast<Word*>(to_bytes);
  const int last = c.ndim - 1;
  if (c.in[last] != 1 && c.in[last] != 0 && c.out[last] == 1)
    for (int axis = 0; axis < last; ++axis)
      if (c.in[axis] == 1) return copy_transposed(c, axis, from, to);
  copy_rows(c, from, to);
}

constexpr int64_t kPiece = int64_t{1} << 19;  // bytes of a copy that are worth a thread

}  // namespace

void StridedCopy::run(const void* from, void* to, size_t element) const {
  if (device::current()) return device::run_copy(*this, from, to, element);
  // Without axes of size 1, and with neighbours merged that advance together.
  StridedCopy c;
  for (int i = 0; i < ndim; ++i) {
    if (dims[i] == 0) return;
    if (dims[i] == 1) continue;
    const int p = c.ndim - 1;
    if (p >= 0 && c.in[p] == in[i] * dims[i] && c.out[p] == out[i] * dims[i])
      c.dims[p] *= dims[i], c.in[p] = in[i], c.out[p] = out[i];
    else
      c.axis(dims[i], in[i], out[i]);
  }
  if (c.ndim == 0) c.axis(1, 1, 1);
  if (c.ndim == 1 && c.in[0] == 1 && c.out[0] == 1)
    return copy_bytes(from, to, c.dims[0] * static_cast<int64_t>(element));
  switch (element) {
    case 1:
      return copy_words<uint8_t>(c, from, to);
    case 2:
      return copy_words<uint16_t>(c, from, to);
    case 4:
      return copy_words<uint32_t>(c, from, to);
    default:
      return copy_words<uint64_t>(c, from, to);
  }
}

Shape strides_of(const Shape& shape) {
  Shape strides = shape;
  int64_t step = 1;
  for (int i = shape.ndim - 1; i >= 0; --i) strides[i] = step, step *= shape[i];
  return strides;
}

void copy_bytes(const void* from, void* to, int64_t bytes) {
  const bool streaming = worth_streaming(to, bytes);
  engine::parallel_for(bytes, kPiece, [&](int64_t begin, int64_t end) {
    char* const out = static_cast<char*>(to) + begin;
    const char* const in = static_cast<const char*>(from) + begin;
    if (!streaming) return void(std::memmove(out, in, static_cast<size_t>(end - begin)));
    stream(out, in, end - begin);
    end_stream();
  });
}

void copy_flat(const Tensor& in, const Tensor& out) {
  if (in.data == out.data) return;
  if (device::current()) return device::run_convert(in.data, out.dtype, out.data, out.dtype, out.size());
  copy_bytes(in.data, out.data, static_cast<int64_t>(out.bytes()));
}

void fill_zeros(const Tensor& out) {
  if (device::current()) return device::fill_zeros(out);
  static constexpr int64_t kBlock = 4096;
  alignas(64) static const char zeros[kBlock] = {};
  const int64_t bytes = static_cast<int64_t>(out.bytes());
  const bool streaming = worth_streaming(out.data, bytes);
  engine::parallel_for(bytes, kPiece, [&](int64_t begin, int64_t end) {
    if (!streaming) return void(std::memset(out.as<char>() + begin, 0, static_cast<size_t>(end - begin)));
    for (; begin < end; begin += kBlock) stream(out.as<char>() + begin, zeros, std::min(kBlock, end - begin));
    end_stream();
  });
}

void forward_copy(const OpContext& ctx) { copy_flat(ctx.in[0], ctx.out[0]); }

}  // namespace mx
