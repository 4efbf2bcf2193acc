#include "op/nn/patch_convolve.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/threads.h"
#include "mx/op/strided.h"

namespace mx {
namespace {

constexpr int64_t kLanes = 16;             // rows of packed weights are padded to whole vectors
constexpr int64_t kMostWeights = 1 << 17;  // that stay in the second cache
constexpr int64_t kNear = 6144;            // of them, that stay in the first
constexpr int64_t kPixels = 96;            // of the result at a time, or a row where that has more
constexpr int64_t kParts = 16;             // of the work

bool lies_last(const Window& w, Format format) { return w.last || format == Format::kChannelsLast; }

// The images with their padding, as (row, column, channel).
struct Geometry {
  int64_t batch, channels, filters, taps;    // taps: elements of a patch
  int64_t size[2], out[2], pad[2], step[2];  // step: between rows and between pixels that patches start at, in elements
  int64_t pitch;                             // elements of a row of the image with its padding
  int64_t rows, blocks;                      // rows of the result at a time
  int64_t block_rows;                        // rows of the padded image that they see
  int64_t stride;
  std::vector<int64_t> pixels, places;  // where the patches of a block start; where the elements of a patch stand

  explicit Geometry(const Convolve& c) {
    const Window& w = c.window;
    batch = c.data[0], channels = c.data[w.channel_axis()], filters = c.weight[0];
    taps = channels * w.kernel[0] * w.kernel[1];
    for (int i = 0; i < 2; ++i)
      size[i] = c.data[w.spatial_axis(i)], out[i] = c.out[w.spatial_axis(i)], pad[i] = w.pad[i];
    pitch = (size[1] + 2 * pad[1]) * channels;
    stride = w.stride[0];
    step[0] = stride * pitch, step[1] = w.stride[1] * channels;
    rows = std::clamp<int64_t>((kPixels + out[1] - 1) / out[1], 1, out[0]);
    blocks = (out[0] + rows - 1) / rows;
    block_rows = (rows - 1) * stride + w.extent(0);
    for (int64_t y = 0; y < rows; ++y)
      for (int64_t x = 0; x < out[1]; ++x) pixels.push_back(y * step[0] + x * step[1]);
    for (int64_t i = 0; i < w.kernel[0]; ++i)
      for (int64_t j = 0; j < w.kernel[1]; ++j)
        for (int64_t k = 0; k < channels; ++k)
          places.push_back(i * w.dilate[0] * pitch + j * w.dilate[1] * channels + k);
  }
  bool padded() const { return pad[0] || pad[1]; }
  int64_t image() const { return size[0] * size[1] * channels; }
  int64_t padded_image() const { return (size[0] + 2 * pad[0]) * pitch; }
  int64_t result() const { return out[0] * out[1] * filters; }
  int64_t rows_of(int64_t block) const { return std::min(rows, out[0] - block * rows); }

  // The rows that a block sees: where they lie, or in `buffer` with their padding.
  const float* source(const float* x, int64_t n, int64_t block, float* buffer) const {
    const int64_t line = size[1] * channels, first = block * rows * stride - pad[0];
    const float* const from = x + n * image();
    if (!padded()) return from + first * line;
    const int64_t count = std::min(block_rows, size[0] + pad[0] - first);
    for (int64_t i = 0; i < count; ++i) {
      float* const to = buffer + i * pitch;
      const int64_t y = first + i;
      if (y < 0 || y >= size[0]) {
        std::fill_n(to, pitch, 0.0f);
        continue;
      }
      std::fill_n(to, pad[1] * channels, 0.0f);
      std::copy_n(from + y * line, line, to + pad[1] * channels);
      std::fill_n(to + pad[1] * channels + line, pad[1] * channels, 0.0f);
    }
    return buffer;
  }
};

// c (n rows) = a b, with the offsets of a's rows and columns.
struct Product {
  const float *a, *b, *bias;
  const int64_t *row, *column;
  float* c;
  int64_t n, k, b_row, columns;
  bool add;

  void run() const {
    static const Loop loop = find_loop("patch_gemm", DType::kFloat32);
    void* const out[] = {c};
    const void* const in[] = {a, b, bias, row, column};
    const int64_t extra[] = {k, b_row, columns, columns, add};
    loop(out, in, n, {.extra = extra});
  }
};

// run(part, first, last) for equal parts of `units` pieces of work.
template <class Run>
void in_parts(const Convolve& c, int64_t units, Run run) {
  const double flops = 2.0 * static_cast<double>(c.out.size()) * static_cast<double>(c.weight.size() / c.weight[0]);
  const int64_t parts = std::min(units, kParts), worth = engine::worthwhile_threads({.flops = flops});
  engine::parallel_for(parts, worth > 1 ? 1 : parts, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) run(part, units * part / parts, units * (part + 1) / parts);
  });
}

float* scratch(const OpContext& context, int64_t count) {
  return static_cast<float*>(context.workspace(static_cast<size_t>(count) * sizeof(float)));
}

// Weights (filters, channels, kernel...), or with the channels last, as (filters, kernel..., channels) or the
// transpose.
void reorder_weights(const Convolve& c, const float* from, float* to, int64_t filter_stride, int64_t tap_stride) {
  const int64_t filters = c.weight[0], taps = c.weight.size() / filters, channels = c.weight[c.window.channel_axis()],
                kernel = taps / channels;
  StridedCopy copy;
  copy.axis(filters, taps, filter_stride);
  copy.axis(kernel, c.window.last ? channels : 1, channels * tap_stride);
  copy.axis(channels, c.window.last ? 1 : kernel, tap_stride);
  copy.run(from, to, sizeof(float));
}

int64_t whole_vectors(int64_t filters) { return (filters + kLanes - 1) / kLanes * kLanes; }

}  // namespace

// Channels are no whole vectors; images of very few have loops of their own in oneDNN.
static bool odd_channels(const Convolve& c) {
  const Window& w = c.window;
  if (c.dtype != DType::kFloat32 || c.groups != 1 || w.rank != 2 || c.data.size() == 0 || c.out.size() == 0)
    return false;
  const int64_t channels = c.data[w.channel_axis()];
  return lies_last(w, c.data_format) && lies_last(w, c.out_format) && channels > kLanes && channels % kLanes != 0 &&
         packed_patch_weights(c) <= kMostWeights;
}

bool suits_patches(const Convolve& c) {
  const int64_t filters = whole_vectors(c.weight[0]);
  return odd_channels(c) && filters % (4 * kLanes) == 0 && c.window.kernel[0] * c.window.kernel[1] > 1;
}

bool suits_data_patches(const Convolve& c) { return odd_channels(c) && c.window.kernel[0] * c.window.kernel[1] >= 16; }

int64_t packed_patch_weights(const Convolve& c) { return c.weight.size() / c.weight[0] * whole_vectors(c.weight[0]); }

void pack_patch_weights(const Convolve& c, const float* weight, float* packed) {
  const int64_t width = whole_vectors(c.weight[0]);
  reorder_weights(c, weight, packed, 1, width);
}

void convolve_patches(const OpContext& context, const Convolve& c, const float* x, const float* packed,
                      const PatchEpilogue& epilogue, float* y) {
  const Geometry g(c);
  const int64_t buffer = g.padded() ? g.block_rows * g.pitch : 0, width = whole_vectors(g.filters);
  const int64_t chunk = std::max<int64_t>(32, kNear / width);
  float* const buffers = scratch(context, kParts * buffer);
  in_parts(c, g.batch * g.blocks, [&](int64_t part, int64_t first, int64_t last) {
    for (int64_t unit = first; unit < last; ++unit) {
      const int64_t n = unit / g.blocks, block = unit % g.blocks, pixels = g.rows_of(block) * g.out[1];
      float* const to = y + n * g.result() + block * g.rows * g.out[1] * g.filters;
      const float* const from = g.source(x, n, block, buffers + part * buffer);
      for (int64_t k = 0; k < g.taps; k += chunk) {
        Product{from,
                packed + k * width,
                k ? nullptr : epilogue.bias,
                g.pixels.data(),
                g.places.data() + k,
                to,
                pixels,
                std::min(chunk, g.taps - k),
                width,
                g.filters,
                k || epilogue.add}
            .run();
      }
      if (!epilogue.activation) continue;
      const Tensor piece = {to, {pixels * g.filters}, DType::kFloat32};
      activate(*epilogue.activation, piece, piece);
    }
  });
}

void convolve_data_patches(const OpContext& context, const Convolve& c, const float* dy, const float* w, float* dx) {
  const Geometry g(c);
  float* const weight = scratch(context, c.weight.size());
  reorder_weights(c, w, weight, g.taps, 1);
  const int64_t most = g.rows * g.out[1], image = g.padded() ? g.padded_image() : 0;
  float* const patches = scratch(context, kParts * most * g.taps);
  float* const images = scratch(context, kParts * image);
  std::vector<int64_t> rows, columns;
  for (int64_t i = 0; i < most; ++i) rows.push_back(i * g.filters);
  for (int64_t i = 0; i < g.filters; ++i) columns.push_back(i);
  // Neighbours in a patch and in the image: its rows, unless they are dilated.
  const int64_t length = c.window.dilate[1] == 1 ? c.window.kernel[1] * g.channels : g.channels;
  std::vector<int64_t> pieces;
  for (int64_t i = 0; i < g.taps; i += length) pieces.push_back(g.places[static_cast<size_t>(i)]);
  static const Loop scatter = find_loop("patch_scatter", DType::kFloat32);
  in_parts(c, g.batch, [&](int64_t part, int64_t first, int64_t last) {
    for (int64_t n = first; n < last; ++n) {
      float* const target = dx + n * g.image();
      float* const sum = image ? images + part * image : target;
      float* const matrix = patches + part * most * g.taps;
      std::fill_n(sum, g.padded_image(), 0.0f);
      for (int64_t block = 0; block < g.blocks; ++block) {
        const int64_t pixels = g.rows_of(block) * g.out[1];
        const float* const from = dy + n * g.result() + block * most * g.filters;
        Product{from, weight, nullptr, rows.data(), columns.data(), matrix, pixels, g.filters, g.taps, g.taps, false}
            .run();
        void* const out[] = {sum + block * g.rows * g.step[0]};
        const void* const in[] = {matrix, g.pixels.data(), pieces.data()};
        const int64_t extra[] = {static_cast<int64_t>(pieces.size()), length};
        scatter(out, in, pixels, {.extra = extra});
      }
      if (!image) continue;
      const int64_t line = g.size[1] * g.channels;
      for (int64_t i = 0; i < g.size[0]; ++i)
        std::copy_n(sum + (i + g.pad[0]) * g.pitch + g.pad[1] * g.channels, line, target + i * line);
    }
  });
}

}  // namespace mx
