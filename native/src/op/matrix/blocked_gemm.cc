// Products of large float32 matrices, by blocks of the result that threads take as they get to them. oneDNN itself
// gives every thread one equal share, and waits for the one whose processor has other work.
#include <algorithm>

#include "engine/threads.h"
#include "op/matrix/gemm.h"
#include "op/onednn/onednn.h"

namespace mx {
namespace {

constexpr double kLargeFlops = 1e8;
constexpr int64_t kLeastSide = 64;
// sgemm copies the parts of both matrices that a block needs, so that many small blocks cost more than they give.
constexpr double kBlockFlops = 1e9;
constexpr int kBlocksPerThread = 2;

// How a matrix of `rows` rows is given to sgemm: as it is, or as the transpose of one that lies in rows.
struct Layout {
  char transposed;
  int64_t pitch;
  Layout(Strides s, int64_t rows, int64_t columns) {
    if (s.column == 1 && s.row >= columns)
      transposed = 'N', pitch = s.row;
    else if (s.row == 1 && s.column >= rows)
      transposed = 'T', pitch = s.column;
    else
      transposed = 0, pitch = 0;
  }
  bool known() const { return transposed; }
};

// Rows and columns of a block: the whole result, halved until there are enough blocks.
struct Block {
  int64_t rows, columns, down = 1, across = 1;
  Block(const Gemm& g, int64_t wanted) : rows(g.m), columns(g.n) {
    constexpr int64_t kUnit = 16;  // whole vectors
    while (g.batch * down * across < wanted && std::max(rows, columns) > kUnit) {
      int64_t& side = rows >= columns ? rows : columns;
      side = (side / 2 + kUnit - 1) / kUnit * kUnit;
      down = (g.m + rows - 1) / rows, across = (g.n + columns - 1) / columns;
    }
  }
};

double flops(const Gemm& g) { return 2.0 * static_cast<double>(g.batch * g.m) * static_cast<double>(g.n * g.k); }

}  // namespace

bool suits_blocked_gemm(const Gemm& g) {
  return g.dtype == DType::kFloat32 && g.c.column == 1 && flops(g) >= kLargeFlops &&
         std::min({g.m, g.n, g.k}) >= kLeastSide && Layout(g.a, g.m, g.k).known() && Layout(g.b, g.k, g.n).known();
}

void blocked_gemm(const OpContext& context, const Gemm& g, const float* a, const float* b, float* c,
                  const float* bias) {
  const Layout left(g.a, g.m, g.k), right(g.b, g.k, g.n);
  const int threads = engine::enter_parallel_code();
  const auto most = static_cast<int64_t>(flops(g) / kBlockFlops);
  const Block block(g, threads == 1 ? 1 : std::clamp<int64_t>(most, threads, kBlocksPerThread * threads));
  const auto multiply = [&](int64_t at) {
    const int64_t i = at / block.across % block.down * block.rows, j = at % block.across * block.columns,
                  matrix = at / (block.across * block.down);
    const int64_t rows = std::min(block.rows, g.m - i), columns = std::min(block.columns, g.n - j);
    float* const to = c + matrix * g.c.batch + i * g.c.row + j;
    if (bias)
      for (int64_t r = 0; r < rows; ++r) std::copy_n(bias + j, columns, to + r * g.c.row);
    const dnnl_status_t status =
        dnnl_sgemm(left.transposed, right.transposed, rows, columns, g.k, 1.0f, a + matrix * g.a.batch + i * g.a.row,
                   left.pitch, b + matrix * g.b.batch + j * g.b.column, right.pitch, bias ? 1.0f : 0.0f, to, g.c.row);
    if (status != dnnl_success) onednn::raise_error(dnnl::error(status, "a product failed"), context.op.name);
  };
  engine::parallel_for(g.batch * block.down * block.across, 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; ++at) multiply(at);
  });
}

}  // namespace mx
