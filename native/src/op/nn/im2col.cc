#include "op/nn/im2col.h"

#include "engine/threads.h"

namespace mx {

int64_t Patches::rows() const {
  int64_t n = channels;
  for (int i = 0; i < window.rank; ++i) n *= window.kernel[i];
  return n;
}

int64_t Patches::columns() const {
  int64_t n = 1;
  for (int i = 0; i < window.rank; ++i) n *= out[i];
  return n;
}

// visit(image offset or -1, matrix offset) for every element of the rows of one channel.
template <class Visit>
static void each(const Patches& p, int64_t channel, Visit visit) {
  const Window& w = p.window;
  const int64_t kernels = p.rows() / p.channels, columns = p.columns();
  for (int64_t k = 0; k < kernels; ++k) {
    int64_t at[3], rest = k;
    for (int i = w.rank - 1; i >= 0; --i) at[i] = rest % w.kernel[i] * w.dilate[i] - w.pad[i], rest /= w.kernel[i];
    for (int64_t column = 0; column < columns; ++column) {
      int64_t offset = channel * p.channel_stride, left = column;
      for (int i = w.rank - 1; i >= 0; --i) {
        const int64_t position = left % p.out[i] * w.stride[i] + at[i];
        left /= p.out[i];
        offset = offset < 0 || position < 0 || position >= p.size[i] ? -1 : offset + position * p.stride[i];
      }
      visit(offset, (channel * kernels + k) * columns + column);
    }
  }
}

void Patches::gather(const double* image, double* matrix) const {
  engine::parallel_for(channels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c)
      each(*this, c, [&](int64_t from, int64_t to) { matrix[to] = from < 0 ? 0.0 : image[from]; });
  });
}

void Patches::scatter_add(const double* matrix, double* image) const {
  engine::parallel_for(channels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c)
      each(*this, c, [&](int64_t to, int64_t from) {
        if (to >= 0) image[to] += matrix[from];
      });
  });
}

}  // namespace mx
