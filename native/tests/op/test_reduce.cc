// The driver of reductions: axes, dtypes, sizes, threads.
#include <algorithm>
#include <cmath>

#include "engine/threads.h"
#include "mx/op/reduce.h"
#include "run.h"

using namespace mx;
using namespace mx::test;

namespace {

// Element by element, in float64.
std::vector<double> sum_slowly(const Array& x, unsigned axes, const Shape& out) {
  const std::vector<double> values = x.values();
  std::vector<double> sums(static_cast<size_t>(out.size()));
  for (int64_t i = 0; i < x.shape.size(); ++i) {
    int64_t rest = i, at = 0, step = 1;
    for (int axis = x.shape.ndim - 1; axis >= 0; --axis) {
      if (!(axes >> axis & 1)) at += rest % x.shape[axis] * step, step *= x.shape[axis];
      rest /= x.shape[axis];
    }
    sums[static_cast<size_t>(at)] += values[static_cast<size_t>(i)];
  }
  return sums;
}

std::vector<double> small_integers(int64_t n) {
  std::vector<double> out(static_cast<size_t>(n));
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<double>(i * 7 % 5) - 2;
  return out;
}

}  // namespace

TEST_CASE("sums over every choice of axes") {
  for (const Shape& shape : {Shape{3, 4, 5, 6}, Shape{1, 7, 1, 33}, Shape{2, 1, 300, 2}, Shape{5, 1, 1, 1}}) {
    const Array x(shape, small_integers(shape.size()));
    for (unsigned axes = 1; axes < 16; ++axes) {
      CAPTURE(shape);
      CAPTURE(axes);
      ReduceParam p{Shape::scalar()};
      for (int i = 0; i < 4; ++i)
        if (axes >> i & 1) p.axis->push_back(i - 4);
      const Array sum = run("sum", {x}, p);
      CHECK(sum.shape == reduced_shape(shape, axes, false));
      CHECK(sum.values() == sum_slowly(x, axes, sum.shape));
      p.keepdims = true;
      CHECK(run("sum", {x}, p).shape == reduced_shape(shape, axes, true));
      p.exclude = true;
      if (axes != 15)
        CHECK(run("sum", {x}, p).values() == sum_slowly(x, 15 & ~axes, Shape{run("sum", {x}, p).shape.size()}));
    }
  }
}

TEST_CASE("sums in every dtype, over long rows and columns") {
  for (DType dtype : {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBfloat16, DType::kInt8, DType::kInt32,
                      DType::kInt64})
    for (const Shape& shape :
         {Shape{1, 31}, Shape{2, 32}, Shape{3, 33}, Shape{3, 4097}, Shape{9001, 3}, Shape{2, 9000}, Shape{300, 2100}})
      for (int axis : {0, 1}) {
        CAPTURE(dtype);
        CAPTURE(shape);
        CAPTURE(axis);
        std::vector<double> values = small_integers(shape.size());
        if (dtype == DType::kInt8 || is_half(dtype)) std::replace(values.begin(), values.end(), 1., -2.);
        if (dtype == DType::kInt8 || is_half(dtype)) std::replace(values.begin(), values.end(), 2., 3.);
        const Array x(shape, values, dtype), sum = run("sum", {x}, ReduceParam{Shape{axis}});
        // The exact sum in the dtype of the result: halves round once, integers wrap around.
        CHECK(sum == Array(sum.shape, sum_slowly(x, 1u << axis, sum.shape), dtype));
      }
}

TEST_CASE("a long float32 sum keeps its digits") {
  const int64_t n = 20000000;
  const Array ones(Shape{n}, std::vector<double>(static_cast<size_t>(n), 1.));
  CHECK(run("sum", {ones}, ReduceParam{}).values()[0] == n);
}

TEST_CASE("reductions don't depend on the number of threads") {
  const int before = engine::num_threads();
  const Array x(Shape{70, 5000}, random_values(350000));
  for (const char* op : {"sum", "mean", "max", "prod"})
    for (const auto& axis : {std::optional<Shape>(), std::optional<Shape>(Shape{0}), std::optional<Shape>(Shape{1})}) {
      engine::set_num_threads(1);
      const Array one = run(op, {x}, ReduceParam{axis});
      engine::set_num_threads(2);
      CHECK(run(op, {x}, ReduceParam{axis}) == one);
    }
  engine::set_num_threads(before);
}

TEST_CASE("what a reduction gives at the edges") {
  const double nan = NAN;
  const Array x(Shape{3}, {1, nan, 3}), u(Shape{3}, {5, 1, 200}, DType::kUint8), b(Shape{2}, {0, 1}, DType::kBool);
  check_close(run("max", {x}, ReduceParam{}).values(), {nan}, 0);
  check_close(run("min", {x}, ReduceParam{}).values(), {nan}, 0);
  CHECK(run("nansum", {x}, ReduceParam{}).values()[0] == 4);
  CHECK(run("nanprod", {x}, ReduceParam{}).values()[0] == 3);
  CHECK(run("mean", {u}, ReduceParam{}).values()[0] == 68);
  CHECK(run("prod", {u}, ReduceParam{}).values()[0] == 232);
  CHECK(run("sum", {b}, ReduceParam{}).values()[0] == 1);
  CHECK(run("sum", {Array(Shape{0, 2}, DType::kFloat32)}, ReduceParam{Shape{0}}).values() == std::vector<double>{0, 0});
  CHECK(run("sum", {x}, ReduceParam{}).shape == Shape{1});
  CHECK_THROWS_AS(run("sum", {x}, ReduceParam{Shape{1}}), Error);
  CHECK_THROWS_WITH_AS(run("sum", {Array(Shape{2, 2}, DType::kFloat32)}, ReduceParam{Shape{0, -2}}),
                       doctest::Contains("twice"), Error);
}
