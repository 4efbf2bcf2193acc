// The driver of elementwise operators: dtypes, sizes, broadcasting.
#include "engine/threads.h"
#include "mx/op/elementwise.h"
#include "run.h"

using namespace mx;
using namespace mx::test;

namespace {
constexpr DType kAll[] = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBfloat16,
                          DType::kUint8,   DType::kInt8,    DType::kInt32,   DType::kInt64};

// What broadcasting means, one element at a time.
std::vector<double> add_slowly(const Array& a, const Array& b, const Shape& out) {
  const std::vector<double> x = a.values(), y = b.values();
  const auto at = [&out](const Shape& s, int64_t i) {
    int64_t offset = 0, step = 1;
    for (int back = 1; back <= out.ndim; ++back) {
      const int64_t dim = out[out.ndim - back];
      if (back <= s.ndim) {
        if (s[s.ndim - back] != 1) offset += i % dim * step;
        step *= s[s.ndim - back];
      }
      i /= dim;
    }
    return static_cast<size_t>(offset);
  };
  std::vector<double> sum(static_cast<size_t>(out.size()));
  for (size_t i = 0; i < sum.size(); ++i) sum[i] = x[at(a.shape, i)] + y[at(b.shape, i)];
  return sum;
}

std::vector<double> counting(int64_t n) {
  std::vector<double> out(static_cast<size_t>(n));
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<double>(i % 23);
  return out;
}
}  // namespace

TEST_CASE("elementwise operators work in every dtype and size") {
  for (DType dtype : kAll)
    for (int64_t n : {1, 2, 7, 8, 15, 31, 33, 1023, 1024, 1025, 40000}) {
      CAPTURE(dtype);
      CAPTURE(n);
      const Array a(Shape{n}, counting(n), dtype);
      const Array sum = run("elemwise_add", {a, a});
      CHECK(sum.dtype == dtype);
      CHECK(sum.values() == add_slowly(a, a, a.shape));
      std::vector<double> kept = counting(n);
      for (double& x : kept) x = x > 3 ? x - 3 : 0;
      const bool is_signed = dtype != DType::kUint8;
      if (is_signed) CHECK(run("relu", {run("_minus_scalar", {a}, ScalarParam{3})}).values() == kept);
    }
}

TEST_CASE("broadcasting") {
  const std::pair<Shape, Shape> cases[] = {
      {{5, 1}, {1, 7}},
      {{5, 40}, {40}},
      {{5, 40}, {5, 1}},
      {{3, 5, 33}, {3, 1, 33}},
      {{3, 5, 33}, {1, 5, 1}},
      {{2, 3, 4, 5}, {1, 3, 1, 1}},
      {{1}, {4, 4}},
      {{3, 1, 2}, {1, 4, 1}},
      {{700, 3}, {3}},
      {{1, 1}, {1}},
      {{64, 600}, {600}},
      {{2, 1, 3, 1, 2}, {1, 5, 1, 4, 2}},
      {{3, 700, 33}, {3, 1, 33}},
      {{6000, 10}, {1, 10}},
      {{6000, 10}, {6000, 1}},
      {{3, 700, 5}, {3, 1, 5}},
      {{3, 700, 5}, {700, 1}},
      {{3, 700, 5}, {3, 700, 1}},
      {{6000, 1}, {1, 31}},
      {{0, 3}, {1, 3}},
  };
  for (DType dtype : kAll)
    for (const auto& [x, y] : cases) {
      CAPTURE(dtype);
      CAPTURE(x);
      CAPTURE(y);
      const Array a(x, counting(x.size()), dtype), b(y, counting(y.size()), dtype);
      const Array sum = run("broadcast_add", {a, b});
      CHECK(sum.values() == add_slowly(a, b, sum.shape));
      CHECK(run("broadcast_add", {b, a}).values() == sum.values());
    }
  CHECK_THROWS_WITH_AS(run("broadcast_add", {Array(Shape{2, 3}, DType::kFloat32), Array(Shape{2}, DType::kFloat32)}),
                       doctest::Contains("[broadcast_add] shapes (2, 3) and (2,)"), Error);
}

TEST_CASE("the number of a scalar operator takes the array's dtype first") {
  const Array i(Shape{3}, {1, 2, -3}, DType::kInt32), u(Shape{3}, {5, 1, 200}, DType::kUint8),
      b(Shape{2}, {0, 1}, DType::kBool);
  CHECK(run("_mul_scalar", {i}, ScalarParam{1.5, false}).values() == std::vector<double>{1, 2, -3});
  CHECK(run("_plus_scalar", {i}, ScalarParam{2.9, false}).values() == std::vector<double>{3, 4, -1});
  CHECK(run("_plus_scalar", {u}, ScalarParam{300}).values() == std::vector<double>{49, 45, 244});
  CHECK(run("_rpower_scalar", {i}, ScalarParam{2}).values() == std::vector<double>{2, 4, 0});
  CHECK(run("_rmod_scalar", {i}, ScalarParam{7}).values() == std::vector<double>{0, 1, -2});
  const Array promoted = run("_plus_scalar", {b}, ScalarParam{1});
  CHECK(promoted.dtype == DType::kInt64);
  CHECK(promoted.values() == std::vector<double>{1, 2});
}

TEST_CASE("integers wrap around, and divide without a crash") {
  const Array u(Shape{2}, {200, 100}, DType::kUint8), i(Shape{3}, {7, -7, 5}, DType::kInt32),
      zero(Shape{3}, {2, 2, 0}, DType::kInt32);
  CHECK(run("elemwise_add", {u, u}).values() == std::vector<double>{144, 200});
  CHECK(run("elemwise_div", {i, zero}).values() == std::vector<double>{3, -3, 0});
  CHECK(run("_mod", {i, zero}).values() == std::vector<double>{1, 1, 0});
  const Array least(Shape{1}, {-2147483648.0}, DType::kInt32);
  CHECK(run("_div_scalar", {least}, ScalarParam{-1}).values() == std::vector<double>{-2147483648.0});
  CHECK(run("abs", {least}).values() == std::vector<double>{-2147483648.0});
  CHECK(run("negative", {least}).values() == std::vector<double>{-2147483648.0});
}

TEST_CASE("maths of floats on integers is cut off") {
  const Array i(Shape{3}, {1, 2, -3}, DType::kInt32), u(Shape{3}, {5, 1, 200}, DType::kUint8);
  CHECK(run("exp", {i}).values() == std::vector<double>{2, 7, 0});
  CHECK(run("sqrt", {u}).values() == std::vector<double>{2, 1, 14});
  CHECK(run("reciprocal", {i}).values() == std::vector<double>{1, 0, 0});
  CHECK(run("broadcast_power", {u, u}).values() == std::vector<double>{53, 1, 0});
}

TEST_CASE("the result doesn't depend on the number of threads") {
  const int before = engine::num_threads();
  const int64_t n = 300001;
  const Array x(Shape{n}, random_values(n), DType::kFloat16);
  engine::set_num_threads(1);
  const Array one = run("tanh", {x});
  engine::set_num_threads(2);
  CHECK(run("tanh", {x}) == one);
  engine::set_num_threads(before);
}

TEST_CASE("dtypes convert as numbers") {
  const Array x(Shape{5}, {300, -1.5, 2.5, 0.25, -0.0});
  const auto to = [&x](DType dtype) {
    Array out(x.shape, dtype);
    convert(x.bytes.data(), x.dtype, out.bytes.data(), dtype, 5);
    return out.values();
  };
  CHECK(to(DType::kUint8) == std::vector<double>{44, 255, 2, 0, 0});
  CHECK(to(DType::kInt8) == std::vector<double>{44, -1, 2, 0, 0});
  CHECK(to(DType::kInt64) == std::vector<double>{300, -1, 2, 0, 0});
  CHECK(to(DType::kBool) == std::vector<double>{1, 1, 1, 1, 0});
  CHECK(to(DType::kFloat16) == x.values());
  CHECK(to(DType::kBfloat16) == x.values());
  const Array odd(Shape{11}, {1.0009765625, 65520, 1e-8, 3.5, 1, 2, 3, 4, 5, 1.00048828125, 1.00146484375},
                  DType::kFloat16);
  CHECK(odd.values()[0] == 1.0009765625);
  CHECK(std::isinf(odd.values()[1]));
  CHECK(odd.values()[9] == 1);  // a tie, to even
  CHECK(odd.values()[10] == 1.001953125);
}
