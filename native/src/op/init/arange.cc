// Evenly spaced numbers, and the identity matrix.
#include "mx/op/index.h"

namespace mx {

// out[i] = start + (i / repeat) * step, computed in float64.
struct RangeCall {
  double start, step;
  int64_t repeat;
};

}  // namespace mx

namespace mx::MX_ISA {

struct Range {
  RangeCall call;
  explicit MX_XPU Range(const LoopArgs& args) : call(*static_cast<const RangeCall*>(args.params)) {}
  template <class T>
  MX_XPU T at(int64_t i) const {
    return T(call.start) + T(i / call.repeat) * T(call.step);
  }
};

#if defined(MX_PASS_CUDA)
using RangeLoops = Index<Range>;
#else
// Neither division nor conversion of long integers, which would keep the loop from vectorizing.
struct RangeLoops {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const RangeCall call = *static_cast<const RangeCall*>(args.params);
    if (call.repeat != 1) return Index<Range>::loop<T>(out, in, n, args);
    T* const y = static_cast<T*>(out[0]);
    const T first = T(args.extra[0]), start = T(call.start), step = T(call.step);
    for (int32_t i = 0; i < static_cast<int32_t>(n); ++i) y[i] = start + (first + T(i)) * step;
  }
};
#endif

}  // namespace mx::MX_ISA

MX_KERNELS(range, RangeLoops, double)

#if defined(MX_PASS_HOST)
#include <algorithm>
#include <cmath>

#include "mx/op/strided.h"

namespace mx {
namespace {

struct ArangeParam {
  double start = 0;
  std::optional<double> stop;
  double step = 1;
  int32_t repeat = 1;
  bool infer_range = false;
  std::string ctx;
  DType dtype = DType::kFloat32;
  static void fields(auto& f) {
    f.add("start", &ArangeParam::start, "The first number; without `stop`, the end, and 0 is the first.").required();
    f.add("stop", &ArangeParam::stop, "The end, which is not reached.");
    f.add("step", &ArangeParam::step, "The distance of two numbers.");
    f.add("repeat", &ArangeParam::repeat, "How often each number stands.").range(1);
    f.add("infer_range", &ArangeParam::infer_range, "Take the length from what the result is used with.");
    f.add("ctx", &ArangeParam::ctx, "Where the array lives: cpu or cpu(0).");
    f.add("dtype", &ArangeParam::dtype, "The dtype.");
  }
};
struct LinspaceParam {
  double start = 0, stop = 0;
  int32_t num = 50;
  bool endpoint = true;
  std::string ctx;
  DType dtype = DType::kFloat32;
  static void fields(auto& f) {
    f.add("start", &LinspaceParam::start, "The first number.").required();
    f.add("stop", &LinspaceParam::stop, "The last number.").required();
    f.add("num", &LinspaceParam::num, "How many numbers there are.").range(0);
    f.add("endpoint", &LinspaceParam::endpoint, "Whether `stop` is one of them.");
    f.add("ctx", &LinspaceParam::ctx, "Where the array lives: cpu or cpu(0).");
    f.add("dtype", &LinspaceParam::dtype, "The dtype.");
  }
};
struct EyeParam {
  int64_t rows = 0, columns = 0, k = 0;
  std::string ctx;
  DType dtype = DType::kFloat32;
  static void fields(auto& f) {
    f.add("N", &EyeParam::rows, "Rows.").range(0).required();
    f.add("M", &EyeParam::columns, "Columns; 0: as many as rows.").range(0);
    f.add("k", &EyeParam::k, "Which diagonal: above the main one if positive, below if negative.");
    f.add("ctx", &EyeParam::ctx, "Where the array lives: cpu or cpu(0).");
    f.add("dtype", &EyeParam::dtype, "The dtype.");
  }
};
struct ArangeLikeParam {
  double start = 0, step = 1;
  int32_t repeat = 1;
  std::string ctx;
  std::optional<int32_t> axis;
  static void fields(auto& f) {
    f.add("start", &ArangeLikeParam::start, "The first number.");
    f.add("step", &ArangeLikeParam::step, "The distance of two numbers.");
    f.add("repeat", &ArangeLikeParam::repeat, "How often each number stands.").range(1);
    f.add("ctx", &ArangeLikeParam::ctx, "Has no effect: the result lives with the array.");
    f.add("axis", &ArangeLikeParam::axis, "As many numbers as this axis is long. None: the shape of the whole array.");
  }
};

void fill_range(const Tensor& out, double start, double step, int64_t repeat) {
  const RangeCall call{start, step, repeat};
  run_index(get_kernel("range"), DType::kFloat64, out, &call);
}

template <class P>
void infer_dtype(const InferDType& t) {
  t.set_output(0, t.as<P>().dtype);
}

}  // namespace

MX_OPERATOR(_arange) {
  op.describe("Evenly spaced numbers from start to before stop.")
      .params<ArangeParam>()
      .no_gradient()
      .infer_dtype(infer_dtype<ArangeParam>)
      .infer_shape([](const InferShape& s) {
        const auto& p = s.as<ArangeParam>();
        if (p.infer_range && !p.stop) return s.set_output(0, Shape{-1});
        const double from = p.stop ? p.start : 0, to = p.stop ? *p.stop : p.start,
                     count = std::ceil((to - from) / p.step);
        MX_CHECK(p.step != 0 && count > 0 && count < 1e15, kValue, "[_arange] start ", from, ", stop ", to, ", step ",
                 p.step, " make no range");
        s.set_output(0, Shape{static_cast<int64_t>(count) * p.repeat});
      })
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<ArangeParam>();
        fill_range(ctx.out[0], p.stop || p.infer_range ? p.start : 0, p.step, p.repeat);
      });
}

MX_OPERATOR(_contrib_arange_like) {
  op.alias("_npx_arange_like")
      .describe("Evenly spaced numbers, as many as an array or one of its axes has, in its dtype.")
      .input("data", "The array; only its shape and dtype count.")
      .params<ArangeLikeParam>()
      .reads([](const void*, size_t) { return false; })
      .no_gradient()
      .infer_shape([](const InferShape& s) {
        const auto& axis = s.as<ArangeLikeParam>().axis;
        if (!axis) return s.same(0, 0);
        if (!s.in[0].rank_known()) return;
        s.set_output(0, Shape{s.in[0][normalize_axis(*axis, s.in[0].ndim, s.op.name)]});
      })
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<ArangeLikeParam>();
        fill_range(ctx.out[0], p.start, p.step, p.repeat);
      });
}

MX_OPERATOR(_linspace) {
  op.describe("A number of evenly spaced numbers.")
      .params<LinspaceParam>()
      .no_gradient()
      .infer_dtype(infer_dtype<LinspaceParam>)
      .infer_shape([](const InferShape& s) { s.set_output(0, Shape{s.as<LinspaceParam>().num}); })
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<LinspaceParam>();
        const int parts = p.endpoint ? p.num - 1 : p.num;
        fill_range(ctx.out[0], p.start, parts > 0 ? (p.stop - p.start) / parts : 0, 1);
        if (p.endpoint && p.num > 1)  // exactly, whatever rounding did
          convert(&p.stop, DType::kFloat64, element_at(ctx.out[0], p.num - 1), ctx.out[0].dtype, 1);
      });
}

MX_OPERATOR(_eye) {
  op.describe("A matrix with ones on a diagonal and zeros elsewhere.")
      .params<EyeParam>()
      .no_gradient()
      .infer_dtype(infer_dtype<EyeParam>)
      .infer_shape([](const InferShape& s) {
        const auto& p = s.as<EyeParam>();
        s.set_output(0, Shape{p.rows, p.columns ? p.columns : p.rows});
      })
      .portable_forward([](const OpContext& ctx) {
        const Tensor& out = ctx.out[0];
        const int64_t k = ctx.as<EyeParam>().k, rows = out.shape[0], columns = out.shape[1];
        fill_zeros(out);
        const int64_t first = std::max<int64_t>(0, -k), end = std::min(rows, columns - k);  // rows with a one
        if (first >= end) return;
        const double one = 1;
        alignas(8) char value[8];
        convert(&one, DType::kFloat64, value, out.dtype, 1);
        StridedCopy diagonal;
        diagonal.axis(end - first, 0, columns + 1);
        diagonal.run(value, element_at(out, first * columns + first + k), size_of(out.dtype));
      });
}

}  // namespace mx
#endif
