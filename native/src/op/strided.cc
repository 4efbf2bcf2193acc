#include "mx/op/strided.h"

#include <algorithm>
#include <cstring>

#include "device/blocks.h"
#include "engine/threads.h"
#include "mx/op/kernel.h"
#include "mx/op/stream.h"
#include "op/transposed_copy.h"
#include "op/walk.h"

namespace mx {
namespace {

constexpr int64_t kStreamedRow = 512;  // bytes from which on a row is worth streaming

template <class Word>
void copy_row(const Word* from, Word* to, int64_t n, int64_t in, int64_t out) {
  if (in == 1 && out == 1) {
    std::memcpy(to, from, static_cast<size_t>(n) * sizeof(Word));
  } else if (in == 0 && out == 1) {
    const Word value = *from;
    for (int64_t i = 0; i < n; ++i) to[i] = value;
  } else if (in == -1 && out == 1) {  // a case of its own: it vectorizes
    for (int64_t i = 0; i < n; ++i) to[i] = from[-i];
  } else if (out == 1) {
    for (int64_t i = 0; i < n; ++i) to[i] = from[i * in];
  } else {
    for (int64_t i = 0; i < n; ++i) to[i * out] = from[i * in];
  }
}

template <class Word>
void copy_rows(const StridedCopy& c, const void* from_bytes, void* to_bytes) {
  const Word* from = static_cast<const Word*>(from_bytes);
  Word* to = static_cast<Word*>(to_bytes);
  const int last = c.ndim - 1;
  const int64_t n = c.dims[last], bytes = n * static_cast<int64_t>(sizeof(Word)), rows = c.size() / n;
  const bool streaming =
      c.in[last] == 1 && c.out[last] == 1 && bytes >= kStreamedRow && worth_streaming(to, rows * bytes);
  const auto run = [&](int64_t begin, int64_t end) {
    Walk walk(c, begin);
    for (int64_t row = begin; row < end; ++row, walk.next()) {
      if (streaming)
        stream(to + walk.out, from + walk.in, bytes);
      else
        copy_row(from + walk.in, to + walk.out, n, c.in[last], c.out[last]);
    }
    if (streaming) end_stream();
  };
  engine::parallel_for(rows, kGrain / n + 1, run);
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
  if (copy_transposed(c, from, to, static_cast<int64_t>(element))) return;
  switch (element) {
    case 1:
      return copy_rows<uint8_t>(c, from, to);
    case 2:
      return copy_rows<uint16_t>(c, from, to);
    case 4:
      return copy_rows<uint32_t>(c, from, to);
    default:
      return copy_rows<uint64_t>(c, from, to);
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

void fill_bytes(const Tensor& out, const void* value) {
  static constexpr int64_t kBlock = 4096;
  const int64_t size = static_cast<int64_t>(size_of(out.dtype)), bytes = static_cast<int64_t>(out.bytes());
  alignas(64) char block[kBlock];
  std::memcpy(block, value, static_cast<size_t>(size));
  for (int64_t done = size; done < std::min(bytes, kBlock); done *= 2)
    std::memcpy(block + done, block, static_cast<size_t>(done));
  const bool streaming = worth_streaming(out.data, bytes);
  const bool zeros = std::all_of(block, block + size, [](char byte) { return byte == 0; });
  engine::parallel_for((bytes + kBlock - 1) / kBlock, kPiece / kBlock, [&](int64_t begin, int64_t end) {
    if (zeros && !streaming) {  // spares the processor reading the memory first
      std::memset(out.as<char>() + begin * kBlock, 0,
                  static_cast<size_t>(std::min(end * kBlock, bytes) - begin * kBlock));
      return;
    }
    for (int64_t at = begin * kBlock; at < std::min(end * kBlock, bytes); at += kBlock) {
      const int64_t n = std::min(kBlock, bytes - at);
      if (streaming)
        stream(out.as<char>() + at, block, n);
      else
        std::memcpy(out.as<char>() + at, block, static_cast<size_t>(n));
    }
    if (streaming) end_stream();
  });
}

void fill_zeros(const Tensor& out) {
  if (device::current()) return device::fill_zeros(out);
  const int64_t zero = 0;
  fill_bytes(out, &zero);
}

void forward_copy(const OpContext& ctx) { copy_flat(ctx.in[0], ctx.out[0]); }

}  // namespace mx
