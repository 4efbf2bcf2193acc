// How many elements lie in each of several intervals.
#include "mx/op.h"

namespace mx {

// For kernels of devices.
struct HistogramBorders {
  int64_t n;
  double low, high;
  template <class T, class N, class Arrays>
  MX_XPU void operator()(N i, const Arrays& a) const {
    const double step = (high - low) / double(n - 1);
    a.write(0, i, int64_t(i) == n - 1 ? high : low + double(i) * step);
  }
};
struct HistogramBins {
  int64_t n, bins;
  bool even;  // the intervals have one size
};

}  // namespace mx

#if defined(MX_PASS_CUDA)
#include "mx/cuda/each.h"

namespace mx::MX_ISA {

// Blocks count in shared memory where that holds the counts. Integers: the order of additions does not matter.
__global__ void __launch_bounds__(kThreads)
    histogram_kernel(HistogramBins h, const void* data, DType dtype, const double* borders, unsigned long long* counts,
                     bool shares) {
  auto* const own = dynamic_shared<unsigned int>();
  if (shares)
    for (int64_t bin = threadIdx.x; bin < h.bins; bin += kThreads) own[bin] = 0;
  __syncthreads();
  const double low = borders[0], high = borders[h.bins], scale = double(h.bins) / (high - low);
  const int64_t step = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < h.n; i += step) {
    const double x = load<double>(data, dtype, i);
    if (!(x >= low && x <= high)) continue;
    int64_t bin = 0;
    if (h.even) {
      const auto guess = int64_t((x - low) * scale);
      bin = guess < h.bins ? guess : h.bins - 1;
      if (x < borders[bin]) --bin;
      if (bin < h.bins - 1 && x >= borders[bin + 1]) ++bin;
    } else {
      for (int64_t after = h.bins; bin + 1 < after;) {
        const int64_t middle = (bin + after) / 2;
        (borders[middle] <= x ? bin : after) = middle;
      }
    }
    if (shares)
      atomicAdd(own + bin, 1u);
    else
      atomicAdd(counts + bin, 1ull);
  }
  __syncthreads();
  if (shares)
    for (int64_t bin = threadIdx.x; bin < h.bins; bin += kThreads)
      if (own[bin]) atomicAdd(counts + bin, static_cast<unsigned long long>(own[bin]));
}

struct Histogram {};
template <>
struct DeviceBlock<Histogram> {
  static constexpr int kKind = MX_BLOCK_DENSE;
  template <class T>
  static int run(const MXBlock* block) {
    const auto& h = *static_cast<const HistogramBins*>(block->params);
    constexpr int64_t kShared = 4096;
    const bool shares = h.bins <= kShared;
    return launch(block, histogram_kernel, grid_for(h.n / 8 + 1), kThreads, shares ? size_t(h.bins) * 4 : 0, h,
                  block->in[0].data, static_cast<DType>(block->in[0].dtype),
                  static_cast<const double*>(block->in[1].data), static_cast<unsigned long long*>(block->out[0].data),
                  shares);
  }
};

}  // namespace mx::MX_ISA
MX_DEVICE_KERNELS(histogram_borders, Each<HistogramBorders>, double)
MX_DEVICE_KERNELS(histogram, Histogram, double)
#endif

#if defined(MX_PASS_HOST)
#include <algorithm>
#include <mutex>

#include "device/blocks.h"
#include "device/dense.h"
#include "engine/threads.h"
#include "mx/op/kernel.h"
#include "mx/op/strided.h"

namespace mx {
namespace {

struct HistogramParam {
  std::optional<int32_t> bin_cnt;
  std::optional<std::vector<double>> range;
  static void fields(auto& f) {
    f.add("bin_cnt", &HistogramParam::bin_cnt, "The number of intervals of one size. None: `bins` holds the borders.");
    f.add("range", &HistogramParam::range, "The outer borders (low, high); goes with bin_cnt.");
  }
};

void infer_shape(const InferShape& s) {
  const auto& p = s.as<HistogramParam>();
  if (!p.bin_cnt) {
    MX_CHECK(!p.range, kValue, "[_histogram] range is given without bin_cnt");
    if (!s.in[1].rank_known()) return;
    MX_CHECK(s.in[1].ndim == 1 && (s.in[1][0] < 0 || s.in[1][0] >= 2), kValue, "[_histogram] bins has shape ", s.in[1],
             ", but must hold 2 or more borders");
    s.set_output(1, s.in[1]);
    return s.set_output(0, Shape{s.in[1][0] < 0 ? -1 : s.in[1][0] - 1});
  }
  MX_CHECK(*p.bin_cnt > 0, kValue, "[_histogram] bin_cnt is ", *p.bin_cnt, ", but must be positive");
  MX_CHECK(p.range && p.range->size() == 2 && (*p.range)[0] < (*p.range)[1], kValue,
           "[_histogram] bin_cnt needs range = (low, high) with low < high");
  s.set_output(0, Shape{*p.bin_cnt});
  s.set_output(1, Shape{*p.bin_cnt + 1});
}

void check_order(const double* borders, int64_t n) {
  MX_CHECK(std::is_sorted(borders, borders + n), kValue, "[_histogram] the borders in bins must ascend");
}

void forward_on_device(const OpContext& ctx) {
  const auto& p = ctx.as<HistogramParam>();
  const Tensor &data = ctx.in[0], &counts = ctx.out[0], &edges = ctx.out[1];
  const int64_t n = counts.size() + 1;
  const auto room = [&](DType dtype) {
    return Tensor{ctx.workspace(static_cast<size_t>(n) * size_of(dtype)), {n}, dtype};
  };
  const Tensor borders = room(DType::kFloat64);
  if (p.bin_cnt) {
    const HistogramBorders even{n, (*p.range)[0], (*p.range)[1]};
    const Tensor narrow = room(data.dtype);  // as on the CPU
    device::run_dense("histogram_borders", DType::kFloat64, {}, {narrow}, &even);
    convert(narrow.data, data.dtype, borders.data, DType::kFloat64, n);
  } else {
    convert(ctx.in[1].data, ctx.in[1].dtype, borders.data, DType::kFloat64, n);
    std::vector<double> values(static_cast<size_t>(n));
    constexpr int64_t kPiece = 1 << 16;
    for (int64_t at = 0; at < n; at += kPiece)
      device::read(borders.as<double>() + at, values.data() + at, static_cast<size_t>(std::min(kPiece, n - at)) * 8);
    check_order(values.data(), n);
  }
  fill_zeros(counts);
  const HistogramBins bins{data.size(), n - 1, p.bin_cnt.has_value()};
  if (data.size()) device::run_dense("histogram", DType::kFloat64, {data, borders}, {counts}, &bins);
  if (ctx.wants(1)) convert(borders.data, DType::kFloat64, edges.data, edges.dtype, n);
}

void forward(const OpContext& ctx) {
  if (device::current()) return forward_on_device(ctx);
  const auto& p = ctx.as<HistogramParam>();
  const Tensor &data = ctx.in[0], &counts = ctx.out[0], &edges = ctx.out[1];
  const int64_t bins = counts.size(), size = static_cast<int64_t>(size_of(data.dtype));
  auto* borders = static_cast<double*>(ctx.workspace(static_cast<size_t>(bins + 1) * 8));
  auto* narrow = static_cast<char*>(ctx.workspace(static_cast<size_t>(bins + 1) * 8));
  if (p.bin_cnt) {
    // As they are in the dtype of the data, so that an element that equals a border is on its right side.
    const double low = (*p.range)[0], high = (*p.range)[1];
    for (int64_t i = 0; i < bins; ++i) borders[i] = low + static_cast<double>(i) * ((high - low) / bins);
    borders[bins] = high;
    convert(borders, DType::kFloat64, narrow, data.dtype, bins + 1);
    convert(narrow, data.dtype, borders, DType::kFloat64, bins + 1);
  } else {
    convert(ctx.in[1].data, ctx.in[1].dtype, borders, DType::kFloat64, bins + 1);
    check_order(borders, bins + 1);
  }
  const double low = borders[0], high = borders[bins], scale = static_cast<double>(bins) / (high - low);
  std::vector<int64_t> total(static_cast<size_t>(bins));
  std::mutex mutex;
  engine::parallel_for(data.size(), 4 * kGrain, [&](int64_t begin, int64_t end) {
    std::vector<int64_t> own(static_cast<size_t>(bins));
    double values[kLaneBlock];
    for (int64_t at = begin; at < end; at += kLaneBlock) {
      const int64_t n = std::min(end - at, kLaneBlock);
      convert(data.as<char>() + at * size, data.dtype, values, DType::kFloat64, n);
      for (int64_t i = 0; i < n; ++i) {
        const double x = values[i];
        if (!(x >= low && x <= high)) continue;
        int64_t bin;
        if (p.bin_cnt) {
          bin = std::min(static_cast<int64_t>((x - low) * scale), bins - 1);
          if (x < borders[bin]) --bin;
          if (bin < bins - 1 && x >= borders[bin + 1]) ++bin;
        } else {
          bin = 0;  // by halves without a branch: which one is taken can't be foretold
          for (int64_t left = bins; left > 1;) {
            const int64_t half = left / 2;
            bin += half * (borders[bin + half] <= x);
            left -= half;
          }
        }
        ++own[static_cast<size_t>(bin)];
      }
    }
    std::lock_guard lock(mutex);
    for (size_t i = 0; i < own.size(); ++i) total[i] += own[i];
  });
  convert(total.data(), DType::kInt64, counts.data, counts.dtype, bins);
  if (ctx.wants(1)) convert(borders, DType::kFloat64, edges.data, edges.dtype, bins + 1);
}

}  // namespace

MX_OPERATOR(_histogram) {
  op.alias("_npi_histogram")
      .describe("How many elements lie in each interval [low, high); the last one holds its upper border too.")
      .input("data", "The array.")
      .optional_input("bins", "The borders of the intervals, ascending; left out where bin_cnt is given.")
      .output("output0", "How many, int64.")
      .output("output1", "The borders, in the dtype of the array.")
      .params<HistogramParam>()
      .num_inputs([](const void* p) { return static_cast<const HistogramParam*>(p)->bin_cnt ? 1 : 2; })
      .no_gradient()
      .infer_shape(infer_shape)
      .infer_dtype([](const InferDType& t) {
        t.set_output(0, DType::kInt64);
        t.set_output(1, t.in[0]);
        t.set_input(0, t.out[1]);
        if (t.in.size() > 1) t.set_input(1, t.in[0]);
      })
      .portable_forward(forward);
}

}  // namespace mx
#endif
