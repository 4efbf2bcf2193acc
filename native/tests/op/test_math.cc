// How far the float32 functions of math.h are from the truth, in units in the last place.
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
      {"log1p", std::log1p, -0.999, 10},
      {"log1p", std::log1p, -0.4, 0.5},
      {"tanh", std::tanh, -10, 10},
      {"tanh", std::tanh, -1, 1},
      {"erf", std::erf, -5, 5},
      {"erf", std::erf, -1.2, 1.2},
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

TEST_CASE("the edges of float32 functions") {
  const double inf = INFINITY, nan = NAN;
  const Array x(Shape{7}, {inf, -inf, nan, 0, 1e-45, 100, -200});
  check_close(run("exp", {x}).values(), {inf, 0, nan, 1, 1, inf, 0}, 1e-6);
  check_close(run("expm1", {x}).values(), {inf, -1, nan, 0, 1.4e-45, inf, -1}, 1e-6);
  check_close(run("log", {x}).values(), {inf, nan, nan, -inf, -103.278929, 4.60517019, nan}, 1e-6);
  check_close(run("log1p", {x}).values(), {inf, nan, nan, 0, 1.4e-45, 4.61512052, nan}, 1e-6);
  CHECK(run("log1p", {Array(Shape{1}, {-1.0})}).values()[0] == -inf);
  check_close(run("tanh", {x}).values(), {1, -1, nan, 0, 1.4e-45, 1, -1}, 1e-6);
  check_close(run("sigmoid", {x}).values(), {1, 0, nan, .5, .5, 1, 0}, 1e-6);
  check_close(run("erf", {x}).values(), {1, -1, nan, 0, 1.4e-45, 1, -1}, 1e-6);
}
