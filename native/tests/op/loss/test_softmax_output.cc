#include <doctest/doctest.h>

#include <cmath>

#include "op/check.h"

using namespace mx;
using namespace mx::testing;

namespace {
// p of three classes and the gradient, as the formulas say; rows of the last axis.
struct Expected {
  std::vector<double> p, gradient;
};
Expected expect(const std::vector<double>& x, const std::vector<double>& labels, double scale, double alpha = 0) {
  Expected e{x, x};
  for (size_t row = 0; row < labels.size(); ++row) {
    double sum = 0;
    for (size_t c = 0; c < 3; ++c) sum += e.p[row * 3 + c] = std::exp(x[row * 3 + c]);
    for (size_t c = 0; c < 3; ++c) {
      e.p[row * 3 + c] /= sum;
      const double target = labels[row] == static_cast<double>(c) ? 1 - alpha : alpha / 2;
      e.gradient[row * 3 + c] = (e.p[row * 3 + c] - target) * scale;
    }
  }
  return e;
}
const AttrMap kNone;
}  // namespace

TEST_CASE("SoftmaxOutput and its own gradient") {
  const std::vector<double> labels = {0, 1, 2, 1};
  struct Case {
    AttrMap attrs;
    double scale, alpha;
  };
  const Case cases[] = {{{}, 1, 0},
                        {{{"normalization", "batch"}}, .25, 0},
                        {{{"normalization", "valid"}}, .25, 0},
                        {{{"normalization", "valid"}, {"ignore_label", "1"}}, .5, 0},
                        {{{"grad_scale", "2"}}, 2, 0},
                        {{{"smooth_alpha", "0.25"}}, 1, .25}};
  for (const DType dtype : {DType::kFloat64, DType::kFloat32, DType::kFloat16, DType::kBfloat16})
    for (const Case& c : cases) {
      CAPTURE(name_of(dtype));
      const auto data = random_array({4, 3}, dtype), label = array_of({4}, labels, dtype),
                 head = random_array({4, 3}, dtype);
      const Expected e = expect(values_of(data), labels, c.scale, c.alpha);
      const double tolerance = dtype == DType::kFloat64 ? 1e-12 : is_half(dtype) ? 2e-2 : 1e-6;
      CHECK(difference(run("SoftmaxOutput", c.attrs, {data, label})[0], array_of({4, 3}, e.p)) < tolerance);
      CHECK(difference(gradients("SoftmaxOutput", c.attrs, {data, label}, head)[0], array_of({4, 3}, e.gradient)) <
            tolerance);
    }
}

TEST_CASE("SoftmaxOutput ignores a label when told to") {
  const auto data = random_array({4, 3}), label = array_of({4}, {0, 1, 2, 1});
  const AttrMap attrs = {{"use_ignore", "True"}, {"ignore_label", "1"}, {"normalization", "valid"}};
  const auto found = values_of(gradients("SoftmaxOutput", attrs, {data, label}, data)[0]);
  const auto all = expect(values_of(data), {0, 1, 2, 1}, .5).gradient;
  for (size_t i = 0; i < 12; ++i) CHECK(found[i] == doctest::Approx(i / 3 % 2 ? 0. : all[i]));
}

TEST_CASE("SoftmaxOutput with one label for each position") {
  const auto data = random_array({2, 3, 2, 2});
  std::vector<double> rows(24), labels = {0, 1, 2, 1, 0, 0, 1, 2};
  const auto x = values_of(data);
  auto at = [](size_t n, size_t c, size_t i) { return (n * 3 + c) * 4 + i; };
  for (size_t k = 0; k < 24; ++k) rows[k] = x[at(k / 12, k % 3, k / 3 % 4)];
  struct Case {
    const char* normalization;
    double scale;
  };
  for (const Case& c : {Case{"null", 1 / 4.}, Case{"batch", 1 / 8.}, Case{"valid", 1 / 8.}})
    for (const Shape& shape : {Shape{2, 2, 2}, Shape{2, 4}, Shape{2, 1, 2, 2}}) {
      const AttrMap attrs = {{"multi_output", "True"}, {"normalization", c.normalization}};
      const auto label = array_of(shape, labels);
      const auto found = values_of(gradients("SoftmaxOutput", attrs, {data, label}, data)[0]);
      const auto expected = expect(rows, labels, c.scale).gradient;
      for (size_t k = 0; k < 24; ++k) CHECK(found[at(k / 12, k % 3, k / 3 % 4)] == doctest::Approx(expected[k]));
      const auto single = run("SoftmaxOutput", attrs, {cast(data, DType::kFloat32), cast(label, DType::kFloat32)})[0];
      CHECK(difference(single, run("SoftmaxOutput", attrs, {data, label})[0]) < 1e-6);
    }
}

TEST_CASE("SoftmaxOutput over all axes but the first, or over the last") {
  const auto data = random_array({2, 3, 4}), label = array_of({2, 3}, {0, 1, 2, 3, 0, 1});
  auto sum = [](const NDArrayRef& a, size_t from, size_t to) {
    double s = 0;
    for (size_t i = from; i < to; ++i) s += values_of(a)[i];
    return s;
  };
  CHECK(sum(run("SoftmaxOutput", kNone, {data, label})[0], 0, 12) == doctest::Approx(1));
  CHECK(sum(run("SoftmaxOutput", {{"preserve_shape", "True"}}, {data, label})[0], 4, 8) == doctest::Approx(1));
}

TEST_CASE("SoftmaxOutput takes probabilities for labels") {
  const auto data = random_array({4, 3}), label = random_array({4, 3}, DType::kFloat64, 2);
  const auto p = values_of(run("SoftmaxOutput", kNone, {data, label})[0]), y = values_of(label);
  const auto found =
      values_of(gradients("SoftmaxOutput", {{"grad_scale", "3"}, {"normalization", "batch"}}, {data, label}, data)[0]);
  for (size_t i = 0; i < 12; ++i) CHECK(found[i] == doctest::Approx(3 * (p[i] - y[i])));
}

TEST_CASE("SoftmaxOutput survives labels that are no class") {
  const auto data = random_array({3, 3}), label = array_of({3}, {7, -1, NAN});
  const auto p = run("SoftmaxOutput", kNone, {data, label})[0];
  CHECK(difference(gradients("SoftmaxOutput", kNone, {data, label}, data)[0], p) == 0);
}
