// Classes drawn with given probabilities.
#include "mx/op/random.h"

namespace mx {

// For kernels of devices.
struct MultinomialDraw {
  int64_t n, classes, each;  // draws in all, and for each row
  // in: sums of the probabilities, themselves, uniform numbers; out: the class, the logarithm of its probability
  template <class T, class N, class Arrays>
  MX_XPU void operator()(N i, const Arrays& a) const {
    const int64_t row = i / N(each) * classes;
    const T* const sums = a.from(0) + row;
    const T unit = a.from(2)[i];
    int64_t found = 0;
    for (int64_t after = classes; found < after;) {
      const int64_t middle = (found + after) / 2;
      if (sums[middle] > unit)
        after = middle;
      else
        found = middle + 1;
    }
    if (found == classes) {  // the probabilities don't add up to 1: the last class that may be drawn
      --found;
      while (found > 0 && !(a.read(1, row + found) > T(0))) --found;
    }
    a.write(0, i, T(found));
    if (a.wants(1)) a.write(1, i, log(a.read(1, row + found)));
  }
};
// in: head, probabilities, classes; out: what each draw adds to a gradient, and where
struct MultinomialSlope {
  int64_t n, classes, each;
  template <class T, class N, class Arrays>
  MX_XPU void operator()(N i, const Arrays& a) const {
    const int64_t place = int64_t(i / N(each)) * classes + int64_t(a.read(2, i));
    a.write(0, i, a.read(0, i) / a.read(1, place));
    a.template to<int64_t>(1)[i] = place;
  }
};
struct MultinomialRows {
  int64_t rows, classes;
};

}  // namespace mx

#if defined(MX_PASS_CUDA)
#include "mx/cuda/each.h"

namespace mx::MX_ISA {

// The sums of the first, the first two ... elements of every row, by a warp: in one order, whatever runs when.
template <class T>
__global__ void __launch_bounds__(kThreads)
    scan_rows_kernel(const void* data, DType dtype, int64_t rows, int64_t size, T* sums) {
  const unsigned lane = threadIdx.x % 32;
  const int64_t step = int64_t(gridDim.x) * (kThreads / 32);
  for (int64_t row = int64_t(blockIdx.x) * (kThreads / 32) + threadIdx.x / 32; row < rows; row += step) {
    T before = 0;
    for (int64_t begin = 0; begin < size; begin += 32) {
      const int64_t i = begin + lane;
      T sum = i < size ? load<T>(data, dtype, row * size + i) : T(0);
#pragma unroll
      for (unsigned d = 1; d < 32; d *= 2) {
        const T left = __shfl_up_sync(0xffffffffu, sum, d);
        if (lane >= d) sum += left;
      }
      sum += before;
      if (i < size) sums[row * size + i] = sum;
      before = __shfl_sync(0xffffffffu, sum, 31);
    }
  }
}

struct ScanRows {};
template <>
struct DeviceBlock<ScanRows> {
  static constexpr int kKind = MX_BLOCK_DENSE;
  template <class T>
  static int run(const MXBlock* block) {
    const auto& m = *static_cast<const MultinomialRows*>(block->params);
    return launch(block, scan_rows_kernel<T>, grid_for(m.rows * 32), kThreads, 0, block->in[0].data,
                  static_cast<DType>(block->in[0].dtype), m.rows, m.classes, static_cast<T*>(block->out[0].data));
  }
};

}  // namespace mx::MX_ISA
MX_DEVICE_KERNELS(scan_rows, ScanRows, double)
MX_DEVICE_KERNELS(multinomial_draw, Each<MultinomialDraw>, double)
MX_DEVICE_KERNELS(multinomial_slope, Each<MultinomialSlope>, double)
#endif

#if defined(MX_PASS_HOST)
#include <algorithm>
#include <cmath>
#include <string>

#include "base/random.h"
#include "device/dense.h"
#include "engine/threads.h"
#include "op/indexing/rows.h"

namespace mx {
namespace {

struct MultinomialParam {
  Shape shape = Shape::scalar();
  bool get_prob = false;
  DType dtype = DType::kInt32;
  static void fields(auto& f) {
    f.add("shape", &MultinomialParam::shape, "The shape of what is drawn for each row of probabilities.");
    f.add("get_prob", &MultinomialParam::get_prob,
          "Return also the logarithm of the probability of what was drawn, which has a gradient.");
    f.add("dtype", &MultinomialParam::dtype, "The dtype of the classes.");
  }
};

// data (..., classes) -> (...) + shape; (1,) for one row and one draw
void infer_shape(const InferShape& s) {
  if (!s.in[0].rank_known()) return;
  Shape shape = s.in[0];
  MX_CHECK(shape.ndim >= 1, kValue, "[", s.op.name, "] data has shape ", shape,
           ", but its last axis must hold the probabilities");
  MX_CHECK(shape.back() != 0, kValue, "[", s.op.name, "] data has shape ", shape, ": there is no class to draw");
  --shape.ndim;
  for (int64_t dim : s.as<MultinomialParam>().shape) shape.push_back(dim);
  if (shape.ndim == 0) shape.push_back(1);
  for (size_t i = 0; i < s.out.size(); ++i) s.set_output(i, shape);
}

// Probabilities and what else is needed as float64.
const double* as_double(const OpContext& ctx, const Tensor& t) {
  if (t.dtype == DType::kFloat64) return t.as<double>();
  auto* to = static_cast<double*>(ctx.workspace(static_cast<size_t>(t.size()) * 8));
  convert(t.data, t.dtype, to, DType::kFloat64, t.size());
  return to;
}

void forward_on_device(const OpContext& ctx, int64_t rows, int64_t classes) {
  const Tensor &data = ctx.in[0], &out = ctx.out[0];
  const auto room = [&](int64_t n) { return Tensor{ctx.workspace(static_cast<size_t>(n) * 8), {n}, DType::kFloat64}; };
  const Tensor sums = room(data.size()), unit = room(out.size());
  fill_uniform(*ctx.random, unit);
  const MultinomialRows shape{rows, classes};
  device::run_dense("scan_rows", DType::kFloat64, {data}, {sums}, &shape);
  const MultinomialDraw draw{out.size(), classes, out.size() / rows};
  device::run_dense("multinomial_draw", DType::kFloat64, {sums, data, unit},
                    {out, ctx.out.size() > 1 ? ctx.out[1] : Tensor{}}, &draw);
}

void forward(const OpContext& ctx) {
  const Tensor &data = ctx.in[0], &out = ctx.out[0];
  MX_CHECK(is_floating(data.dtype), kType, "[_sample_multinomial] data is ", data.dtype,
           ", but probabilities are floats; convert it first (Cast)");
  const int64_t n = out.size(), classes = data.shape[data.shape.ndim - 1];
  if (n == 0) return;
  const int64_t rows = data.size() / classes, each = n / rows;
  if (device::current()) return forward_on_device(ctx, rows, classes);
  const double* p = as_double(ctx, data);
  auto* sums = static_cast<double*>(ctx.workspace(static_cast<size_t>(data.size()) * 8));
  auto* unit = static_cast<double*>(ctx.workspace(static_cast<size_t>(n) * 8));
  auto* drawn = static_cast<int64_t*>(ctx.workspace(static_cast<size_t>(n) * 8));
  const bool wants_log = ctx.out.size() > 1 && ctx.wants(1);
  auto* logs = wants_log ? static_cast<double*>(ctx.workspace(static_cast<size_t>(n) * 8)) : nullptr;
  fill_uniform(*ctx.random, Tensor{unit, Shape{n}, DType::kFloat64});
  engine::parallel_for(rows, 4096 / (classes + each) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const double* own = p + row * classes;
      double *first = sums + row * classes, sum = 0;
      int64_t last = 0;  // the last class that may be drawn, should the probabilities not add up to 1
      for (int64_t c = 0; c < classes; ++c) {
        first[c] = sum += own[c];
        if (own[c] > 0) last = c;
      }
      for (int64_t i = row * each; i < (row + 1) * each; ++i) {
        const int64_t found = std::upper_bound(first, first + last, unit[i]) - first;
        drawn[i] = found;
        if (logs) logs[i] = std::log(own[found]);
      }
    }
  });
  convert(drawn, DType::kInt64, out.data, out.dtype, n);
  if (logs) convert(logs, DType::kFloat64, ctx.out[1].data, ctx.out[1].dtype, n);
}

// The gradient of the logarithm reaches the probability of the class that was drawn.
void forward_gradient(const OpContext& ctx) {
  const Tensor &data = ctx.in[1], &out = ctx.out[0];
  const int64_t n = ctx.in[0].size(), classes = data.shape[data.shape.ndim - 1];
  if (device::current()) {
    const Tensor values{ctx.workspace(static_cast<size_t>(n) * 8), {n}, DType::kFloat64},
        index{ctx.workspace(static_cast<size_t>(n) * 8), {n}, DType::kInt64};
    const MultinomialSlope slope{n, classes, data.size() ? n * classes / data.size() : 1};
    device::run_dense("multinomial_slope", DType::kFloat64, {ctx.in[0], data, ctx.in[2]}, {values, index}, &slope);
    return scatter_add(ctx, values, index.as<int64_t>(), n, 1, data.size(), 1, out);
  }
  const double *head = as_double(ctx, ctx.in[0]), *p = as_double(ctx, data), *drawn = as_double(ctx, ctx.in[2]);
  auto* gradient = static_cast<double*>(ctx.workspace(static_cast<size_t>(data.size()) * 8));
  std::fill_n(gradient, data.size(), 0.);
  const int64_t each = data.size() ? n * classes / data.size() : 1;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t at = i / each * classes + static_cast<int64_t>(drawn[i]);
    gradient[at] += head[i] / p[at];
  }
  convert(gradient, DType::kFloat64, out.data, out.dtype, out.size());
}

}  // namespace

MX_OPERATOR(_sample_multinomial) {
  op.alias("sample_multinomial")
      .describe("Numbers of classes, drawn with the probabilities in the last axis of the array.")
      .input("data", "The probabilities; each row adds up to 1.")
      .output("output", "The classes; with get_prob the logarithm of the probability of each, too.")
      .params<MultinomialParam>()
      .num_outputs([](const void* p) { return static_cast<const MultinomialParam*>(p)->get_prob ? 2 : 1; })
      .uses_random()
      .infer_shape(infer_shape)
      .infer_dtype([](const InferDType& t) {
        t.set_output(0, t.as<MultinomialParam>().dtype);
        if (t.out.size() < 2) return;
        t.set_output(1, t.in[0]);
        t.set_input(0, t.out[1]);
      })
      .portable_forward(forward)
      .gradient([](GradientContext& g) {
        if (!g.as<MultinomialParam>().get_prob) return g.set(0, g.zeros_like(g.input(0)));
        g.set(0, g.call("_backward_sample_multinomial", {g.head(1), g.input(0), g.output(0)}));
      });
}
MX_OPERATOR(_backward_sample_multinomial) {
  op.describe("The gradient of the logarithms of _sample_multinomial.")
      .input("head", "Their gradient.")
      .input("data", "The probabilities.")
      .input("output", "The classes.")
      .infer_shape([](const InferShape& s) { s.same(1, 0); })
      .infer_dtype([](const InferDType& t) {
        t.set_output(0, t.in[1]);
        t.set_input(1, t.out[0]);
      })
      .portable_forward(forward_gradient);
}

}  // namespace mx
#endif
