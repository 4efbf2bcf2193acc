#include "mx/op/strided.h"

#include <cstring>

#include "engine/threads.h"
#include "mx/op/kernel.h"

namespace mx {
namespace {

constexpr int64_t kTile = 32;  // square of a transposed copy that stays in the first cache

// Rows x columns elements with any strides, in tiles where the input runs along the rows.
template <class Word>
void copy_plane(const Word* from, Word* to, int64_t rows, int64_t columns, int64_t in_row, int64_t in_column,
                int64_t out_row, int64_t out_column) {
  for (int64_t left = 0; left < columns; left += kTile) {
    const int64_t right = left + kTile < columns ? left + kTile : columns;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = left; c < right; ++c) to[r * out_row + c * out_column] = from[r * in_row + c * in_column];
  }
}

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

template <class Word>
void copy_words(const StridedCopy& c, const void* from_bytes, void* to_bytes) {
  const Word* from = static_cast<const Word*>(from_bytes);
  Word* to = static_cast<Word*>(to_bytes);
  const int last = c.ndim - 1;
  // A transposition: the input is contiguous along another axis than the output. Those two are the plane.
  int across = -1;
  if (c.in[last] != 1 && c.in[last] != 0)
    for (int axis = 0; axis < last; ++axis)
      if (c.in[axis] == 1) across = axis;
  int64_t outer = 1;
  for (int axis = 0; axis < last; ++axis)
    if (axis != across) outer *= c.dims[axis];
  const int64_t strips = across < 0 ? 1 : (c.dims[across] + kTile - 1) / kTile;
  const int64_t work = c.dims[last] * (across < 0 ? 1 : kTile);
  engine::parallel_for(outer * strips, kGrain / work + 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      int64_t rest = task / strips, in = 0, out = 0;
      for (int axis = last - 1; axis >= 0; --axis) {
        if (axis == across) continue;
        in += rest % c.dims[axis] * c.in[axis];
        out += rest % c.dims[axis] * c.out[axis];
        rest /= c.dims[axis];
      }
      if (across < 0) {
        copy_row(from + in, to + out, c.dims[last], c.in[last], c.out[last]);
        continue;
      }
      const int64_t top = task % strips * kTile, rows = c.dims[across] - top < kTile ? c.dims[across] - top : kTile;
      copy_plane(from + in + top, to + out + top * c.out[across], rows, c.dims[last], c.in[across], c.in[last],
                 c.out[across], c.out[last]);
    }
  });
}

}  // namespace

void StridedCopy::run(const void* from, void* to, size_t element) const {
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
  if (c.ndim == 1 && c.in[0] == 1 && c.out[0] == 1 && c.dims[0] >= 2 * kGrain) {  // one long row: in pieces
    const int64_t size = static_cast<int64_t>(element);
    return engine::parallel_for(c.dims[0], 4 * kGrain, [&](int64_t begin, int64_t end) {
      std::memcpy(static_cast<char*>(to) + begin * size, static_cast<const char*>(from) + begin * size,
                  static_cast<size_t>((end - begin) * size));
    });
  }
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

void copy_flat(const Tensor& in, const Tensor& out) {
  if (in.data == out.data) return;
  StridedCopy c;
  c.axis(out.size(), 1, 1);
  c.run(in.data, out.data, size_of(out.dtype));
}

void fill_zeros(const Tensor& out) {
  const int64_t size = static_cast<int64_t>(size_of(out.dtype));
  engine::parallel_for(out.size(), 4 * kGrain, [&](int64_t begin, int64_t end) {
    std::memset(out.as<char>() + begin * size, 0, static_cast<size_t>((end - begin) * size));
  });
}

void forward_copy(const OpContext& ctx) { copy_flat(ctx.in[0], ctx.out[0]); }

}  // namespace mx
