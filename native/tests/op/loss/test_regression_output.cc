#include <doctest/doctest.h>

#include <cmath>

#include "op/check.h"

using namespace mx;
using namespace mx::testing;

TEST_CASE("Regression outputs compare with the label, whatever the head says") {
  for (const DType dtype : {DType::kFloat64, DType::kFloat32, DType::kFloat16}) {
    const auto data = random_array({2, 3}, dtype), label = random_array({2, 3}, dtype, 2),
               head = random_array({2, 3}, dtype, 3);
    const auto x = values_of(data), y = values_of(label);
    const double tolerance = dtype == DType::kFloat16 ? 2e-3 : 1e-6;
    std::vector<double> linear, mae, logistic, p;
    for (size_t i = 0; i < 6; ++i) {
      p.push_back(1 / (1 + std::exp(-x[i])));
      linear.push_back((x[i] - y[i]) * 2 / 3), mae.push_back((x[i] > y[i] ? 2. : -2.) / 3),
          logistic.push_back((p[i] - y[i]) * 2 / 3);
    }
    const AttrMap attrs = {{"grad_scale", "2"}};
    auto check = [&](const char* op, const std::vector<double>& output, const std::vector<double>& gradient) {
      CHECK(difference(run(op, attrs, {data, label})[0], array_of({2, 3}, output)) < tolerance);
      CHECK(difference(gradients(op, attrs, {data, label}, head)[0], array_of({2, 3}, gradient)) < tolerance);
    };
    check("LinearRegressionOutput", x, linear);
    check("MAERegressionOutput", x, mae);
    check("LogisticRegressionOutput", p, logistic);
  }
}

TEST_CASE("Regression outputs take one number per sample") {
  const auto data = array_of({2, 1}, {1, 2}), label = array_of({2}, {3, 5});
  CHECK(values_of(gradients("LinearRegressionOutput", {}, {data, label}, data)[0]) == std::vector<double>{-2, -3});
}

TEST_CASE("MakeLoss has a constant gradient") {
  const auto data = array_of({2, 3}, {-1, 0, 1, 2, -3, 5});
  auto first = [&](const char* normalization) {
    return values_of(
        gradients("MakeLoss", {{"grad_scale", "6"}, {"normalization", normalization}}, {data}, data)[0])[0];
  };
  CHECK(first("null") == 6);
  CHECK(first("batch") == 3);
  CHECK(first("valid") == 2);
}
