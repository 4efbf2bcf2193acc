// How far the float32 functions of math.h are from the truth, in units in the last place.
#include <algorithm>
#include <cmath>
#include <functional>

#include "run.h"

using namespace mx;
using namespace mx::test;

namespace {
double worst_ulp(const char* op, double (*exact)(double), double low, double high) {
  const int64_t n = 200000;
  std::vector<double> points = random_values(n, low, high);
  for (int64_t i = 0; i < n / 4; ++i) points[i] *= std::exp2(-static_cast<double>(i % 30));  // small ones too
  const Array x(Shape{n}, points);
  const std::vector<double> in = x.values(), got = run(op, {x}).values();
  double worst = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double expected = exact(in[i]);
    const float nearest = std::fabs(static_cast<float>(expected));
    const double unit = static_cast<double>(std::nextafter(nearest, INFINITY)) - nearest;
    const double error = std::fabs(got[i] - expected) / unit;
    if (error > worst) worst = error;
  }
  return worst;
}
}  // namespace

TEST_CASE("float32 functions err by less than 4 units in the last place") {
  const struct {
    std::string op;
    double (*exact)(double);
    double low, high;
  } cases[] = {
      {"exp", std::exp, -103, 88.7},
      {"exp", std::exp, -1, 1},
      {"expm1", std::expm1, -20, 88.7},
      {"expm1", std::expm1, -1, 1},
      {"log", std::log, 1e-38, 3e38},
      {"log", std::log, 0.1, 3},
      {"log2", std::log2, 1e-38, 3e38},
      {"log2", std::log2, 0.5, 2},
      {"log10", std::log10, 1e-38, 3e38},
      {"log10", std::log10, 0.5, 2},
      {"log1p", std::log1p, -0.999, 10},
      {"log1p", std::log1p, -0.4, 0.5},
      {"tanh", std::tanh, -10, 10},
      {"tanh", std::tanh, -1, 1},
      {"rsqrt", [](double x) { return 1 / std::sqrt(x); }, 1e-38, 3e38},
      {"erf", std::erf, -5, 5},
      {"erf", std::erf, -1.2, 1.2},
      {"sin", std::sin, -4, 4},
      {"sin", std::sin, -1e6, 1e6},
      {"sin", std::sin, -3e9, 3e9},
      {"cos", std::cos, -4, 4},
      {"cos", std::cos, -1e6, 1e6},
      {"cos", std::cos, -3e9, 3e9},
      {"tan", std::tan, -1.5, 1.5},
      {"tan", std::tan, -1e6, 1e6},
      {"tan", std::tan, -3e9, 3e9},
      {"arcsin", std::asin, -1, 1},
      {"arcsin", std::asin, -0.01, 0.01},
      {"arccos", std::acos, -1, 1},
      {"arctan", std::atan, -3, 3},
      {"arctan", std::atan, -1e30, 1e30},
      {"sinh", std::sinh, -89.4, 89.4},
      {"sinh", std::sinh, -1, 1},
      {"cosh", std::cosh, -89.4, 89.4},
      {"cosh", std::cosh, -1, 1},
      {"arctanh", std::atanh, -1, 1},
      {"arctanh", std::atanh, -0.01, 0.01},
      {"gammaln", std::lgamma, 0, 3},
      {"gammaln", std::lgamma, 0, 1e30},
      {"gamma", std::tgamma, -20, 35},
      {"gamma", std::tgamma, -1, 3},
      {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }, -100, 100},
      {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }, -2, 2},
  };
  for (const auto& c : cases) {
    CAPTURE(c.op);
    CAPTURE(c.low);
    const double ulp = worst_ulp(c.op.c_str(), c.exact, c.low, c.high);
    CAPTURE(ulp);
    CHECK(ulp < 4);
  }
}

TEST_CASE("a float32 number gives the same bits at every place of an array") {
  const int64_t n = 37;
  std::vector<double> points = random_values(n, -1.2, 1.2);
  points[3] = points[35] = -0.0, points[7] = INFINITY, points[20] = 1, points[36] = .999;
  for (const char* op :
       {"exp", "expm1", "log", "log2", "log10", "log1p", "tanh", "sigmoid", "erf", "erfinv", "arctan", "rsqrt"}) {
    CAPTURE(op);
    const std::vector<double> all = run(op, {Array(Shape{n}, points)}).values();
    for (int64_t i = 0; i < n; ++i) {
      CAPTURE(points[i]);
      const double alone = run(op, {Array(Shape{1}, {points[i]})}).values()[0];
      CHECK((alone == all[i] || (std::isnan(alone) && std::isnan(all[i]))));
      CHECK(std::signbit(alone) == std::signbit(all[i]));
    }
  }
}

TEST_CASE("float32 powers err by less than 4 units in the last place") {
  const int64_t n = 200000;
  const struct {
    double base_low, base_high, low, high;  // exponents of 2, exponents
  } cases[] = {{-126, 127, -1, 1}, {-5, 5, -20, 20}, {-.1, .1, -800, 800}, {-148, -126, -.5, .5}};
  for (const auto& c : cases) {
    CAPTURE(c.base_low);
    std::vector<double> bases = random_values(n, c.base_low, c.base_high);
    for (double& base : bases) base = std::exp2(base);
    const Array x(Shape{n}, bases), y(Shape{n}, random_values(n, c.low, c.high, 8));
    const std::vector<double> a = x.values(), b = y.values(), got = run("_power", {x, y}).values();
    double worst = 0;
    for (int64_t i = 0; i < n; ++i) {
      const double exact = std::pow(a[i], b[i]);
      const float nearest = static_cast<float>(exact);
      if (!std::isfinite(nearest)) {
        CHECK(got[i] == nearest);
        continue;
      }
      const double unit = static_cast<double>(std::nextafter(nearest, INFINITY)) - nearest;
      worst = std::max(worst, std::fabs(got[i] - exact) / unit);
    }
    CAPTURE(worst);
    CHECK(worst < 4);
  }
}

TEST_CASE("float32 powers of special values are those of C") {
  const double inf = INFINITY, nan = NAN;
  const std::vector<double> values = {0,     -0.,      1,         -1,       2,         -2,  3,     -3,   .5,
                                      -.5,   1.5,      -2.5,      inf,      -inf,      nan, 1e-45, 3e38, -3e38,
                                      1e-38, 8388607., -8388607., 16777216, 99999999., .1,  -.1};
  std::vector<double> a, b;
  for (const double x : values)
    for (const double y : values) a.push_back(x), b.push_back(y);
  const Shape shape{static_cast<int64_t>(a.size())};
  const Array x(shape, a), y(shape, b);
  const std::vector<double> left = x.values(), right = y.values(), got = run("_power", {x, y}).values();
  for (size_t i = 0; i < got.size(); ++i) {
    const float expected = std::pow(static_cast<float>(left[i]), static_cast<float>(right[i]));
    CAPTURE(left[i]);
    CAPTURE(right[i]);
    CAPTURE(got[i]);
    CAPTURE(expected);
    if (std::isnan(expected)) {
      CHECK(std::isnan(got[i]));
    } else {
      CHECK(std::signbit(got[i]) == std::signbit(expected));
      CHECK((got[i] == expected || std::fabs(got[i] - expected) < 4e-7 * std::fabs(expected)));
    }
  }
}

TEST_CASE("the edges of float32 functions") {
  const double inf = INFINITY, nan = NAN;
  const Array x(Shape{7}, {inf, -inf, nan, 0, 1e-45, 100, -200});
  check_close(run("exp", {x}).values(), {inf, 0, nan, 1, 1, inf, 0}, 1e-6);
  check_close(run("expm1", {x}).values(), {inf, -1, nan, 0, 1.4e-45, inf, -1}, 1e-6);
  check_close(run("log", {x}).values(), {inf, nan, nan, -inf, -103.278929, 4.60517019, nan}, 1e-6);
  check_close(run("log2", {x}).values(), {inf, nan, nan, -inf, -149, 6.64385619, nan}, 1e-6);
  check_close(run("log10", {x}).values(), {inf, nan, nan, -inf, -44.8534695, 2, nan}, 1e-6);
  check_close(run("log1p", {x}).values(), {inf, nan, nan, 0, 1.4e-45, 4.61512052, nan}, 1e-6);
  CHECK(run("log1p", {Array(Shape{1}, {-1.0})}).values()[0] == -inf);
  check_close(run("tanh", {x}).values(), {1, -1, nan, 0, 1.4e-45, 1, -1}, 1e-6);
  check_close(run("sigmoid", {x}).values(), {1, 0, nan, .5, .5, 1, 0}, 1e-6);
  check_close(run("sin", {x}).values(), {nan, nan, nan, 0, 1.4e-45, -.506365641, .873297297}, 1e-6);
  check_close(run("cos", {x}).values(), {nan, nan, nan, 1, 1, .862318872, .487187675}, 1e-6);
  CHECK(std::signbit(run("sin", {Array(Shape{1}, {-0.0})}).values()[0]));
  check_close(run("tan", {x}).values(), {nan, nan, nan, 0, 1.4e-45, -.587213916, 1.79252748}, 1e-6);
  check_close(run("arctan", {x}).values(), {1.57079633, -1.57079633, nan, 0, 1.4e-45, 1.56079666, -1.56579637}, 1e-6);
  check_close(run("sinh", {x}).values(), {inf, -inf, nan, 0, 1.4e-45, inf, -inf}, 1e-6);
  check_close(run("cosh", {x}).values(), {inf, inf, nan, 1, 1, inf, inf}, 1e-6);
  const Array y(Shape{6}, {1, -1, 1.5, -1.5, 0, nan});
  check_close(run("arcsin", {y}).values(), {1.57079633, -1.57079633, nan, nan, 0, nan}, 1e-6);
  check_close(run("arccos", {y}).values(), {0, 3.14159265, nan, nan, 1.57079633, nan}, 1e-6);
  check_close(run("arctanh", {y}).values(), {inf, -inf, nan, nan, 0, nan}, 1e-6);
  for (const char* odd : {"tan", "sinh", "arcsin", "arctan", "arctanh"}) {
    CAPTURE(odd);
    CHECK(std::signbit(run(odd, {Array(Shape{1}, {-0.0})}).values()[0]));
  }
  check_close(run("_hypot", {Array(Shape{5}, {3e38, 1e-40, inf, nan, 3}), Array(Shape{5}, {0, 0, nan, 1, 4})}).values(),
              {3e38, 1e-40, inf, nan, 5}, 1e-4);
  check_close(run("erf", {x}).values(), {1, -1, nan, 0, 1.4e-45, 1, -1}, 1e-6);
  check_close(run("erfinv", {y}).values(), {inf, -inf, nan, nan, 0, nan}, 1e-6);
  const Array z(Shape{5}, {inf, 0, -0.0, -1, nan});
  check_close(run("rsqrt", {z}).values(), {0, inf, -inf, nan, nan}, 1e-6);
}
