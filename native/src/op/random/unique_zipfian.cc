// Distinct classes for sampled losses.
#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_set>

#include "mx/op.h"
#include "mx/op/random.h"

namespace mx {
namespace {

struct UniqueZipfianParam {
  int32_t range_max = 0;
  std::optional<Shape> shape;
  static void fields(auto& f) {
    f.add("range_max", &UniqueZipfianParam::range_max, "How many classes there are.").range(1).required();
    f.add("shape", &UniqueZipfianParam::shape, "(rows, classes drawn for each row).");
  }
};

void infer_shape(const InferShape& s) {
  const auto& p = s.as<UniqueZipfianParam>();
  MX_CHECK(p.shape && p.shape->ndim == 2, kValue,
           "[_sample_unique_zipfian] shape must be (rows, classes for each row)");
  MX_CHECK((*p.shape)[1] <= p.range_max, kValue, "[_sample_unique_zipfian] ", (*p.shape)[1],
           " distinct classes for each row are more than range_max = ", p.range_max);
  s.set_output(0, *p.shape);
  s.set_output(1, Shape{(*p.shape)[0]});
}

void forward(const OpContext& ctx) {
  const int64_t rows = ctx.out[0].shape[0], each = ctx.out[0].shape[1], range = ctx.as<UniqueZipfianParam>().range_max;
  const double log_range = std::log(static_cast<double>(range) + 1);
  // Numbers are taken in stretches, so that threads have no say in them.
  constexpr int64_t stretch = 1024;
  auto* unit = static_cast<double*>(ctx.workspace(stretch * 8));
  int64_t left = 0;
  auto* classes = static_cast<int64_t*>(ctx.workspace(static_cast<size_t>(rows * each) * 8));
  auto* tries = static_cast<int64_t*>(ctx.workspace(static_cast<size_t>(rows) * 8));
  for (int64_t row = 0; row < rows; ++row) {
    std::unordered_set<int64_t> seen;
    tries[row] = 0;
    for (int64_t found = 0; found < each; ++tries[row]) {
      if (left == 0) {
        fill_uniform(*ctx.random, Tensor{unit, Shape{stretch}, DType::kFloat64});
        left = stretch;
      }
      const int64_t c = std::min(static_cast<int64_t>(std::exp(unit[stretch - left--] * log_range)) - 1, range - 1);
      if (seen.insert(c).second) classes[row * each + found++] = c;
    }
  }
  convert(classes, DType::kInt64, ctx.out[0].data, ctx.out[0].dtype, rows * each);
  if (ctx.wants(1)) convert(tries, DType::kInt64, ctx.out[1].data, ctx.out[1].dtype, rows);
}

}  // namespace

MX_OPERATOR(_sample_unique_zipfian) {
  op.describe(
        "Distinct classes for each row, the frequent ones first: class k is drawn with the probability "
        "log((k + 2) / (k + 1)) / log(range_max + 1) until there are enough.")
      .output("output0", "The classes, in the order in which they were drawn.")
      .output("output1", "How many classes were drawn for each row, those that had come before included.")
      .params<UniqueZipfianParam>()
      .uses_random()
      .no_gradient()
      .infer_shape(infer_shape)
      .infer_dtype([](const InferDType& t) {
        t.set_output(0, DType::kInt64);
        t.set_output(1, DType::kInt64);
      })
      .forward(forward);
}

}  // namespace mx
