#include <doctest/doctest.h>

#include "op/check.h"

using namespace mx;
using namespace mx::testing;

TEST_CASE("dot contracts the right axes") {
  struct Case {
    Shape lhs, rhs, out;
    bool a, b;
  };
  const Case cases[] = {
      {{3}, {3}, {1}, false, false},
      {{2, 3}, {3}, {2}, false, false},
      {{3}, {3, 4}, {4}, false, false},
      {{2, 3}, {3, 4}, {2, 4}, false, false},
      {{3, 2}, {3, 4}, {2, 4}, true, false},
      {{2, 3}, {4, 3}, {2, 4}, false, true},
      {{3, 2}, {4, 3}, {2, 4}, true, true},
      {{2, 3, 4}, {4, 5, 6}, {2, 3, 5, 6}, false, false},
      {{2, 3, 4}, {2, 5}, {3, 4, 5}, true, false},
      {{2, 3, 4}, {5, 6, 4}, {2, 3, 5, 6}, false, true},
      {{1, 7}, {7, 1}, {1, 1}, false, false},
      {{7, 1}, {1, 7}, {1, 1}, true, true},
  };
  for (const Case& c : cases) {
    CAPTURE(str(c.lhs, c.rhs));
    const AttrMap attrs = {{"transpose_a", c.a ? "True" : "False"}, {"transpose_b", c.b ? "True" : "False"}};
    const Arrays inputs = {random_array(c.lhs), random_array(c.rhs, DType::kFloat64, 2)};
    const auto output = run("dot", attrs, inputs)[0];
    CHECK(output->shape == c.out);
    const int64_t k = c.a ? c.lhs[0] : c.lhs.back(), m = c.lhs.size() / k, n = c.rhs.size() / k;
    const auto x = values_of(inputs[0]), y = values_of(inputs[1]), z = values_of(output);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (int64_t p = 0; p < k; ++p)
          sum +=
              x[static_cast<size_t>(c.a ? p * m + i : i * k + p)] * y[static_cast<size_t>(c.b ? j * k + p : p * n + j)];
        CHECK(z[static_cast<size_t>(i * n + j)] == doctest::Approx(sum));
      }
    check_gradients("dot", attrs, inputs, 2);
    check_dtypes("dot", attrs, inputs, 2);
  }
  CHECK_THROWS_WITH(run("dot", {}, {random_array({2, 3}), random_array({4, 5})}), doctest::Contains("same size"));
}

TEST_CASE("batch_dot multiplies matrix by matrix") {
  for (const bool a : {false, true})
    for (const bool b : {false, true})
      for (const Shape& batch : {Shape{3}, Shape{2, 2}, Shape{1}}) {
        Shape lhs = batch, rhs = batch;
        lhs.push_back(a ? 5 : 4), lhs.push_back(a ? 4 : 5), rhs.push_back(b ? 6 : 5), rhs.push_back(b ? 5 : 6);
        const AttrMap attrs = {{"transpose_a", a ? "True" : "False"}, {"transpose_b", b ? "True" : "False"}};
        const Arrays inputs = {random_array(lhs), random_array(rhs, DType::kFloat64, 2)};
        const auto x = random_array(lhs.slice(batch.ndim)), y = random_array(rhs.slice(batch.ndim), DType::kFloat64, 2);
        const auto first = values_of(run("dot", attrs, {x, y})[0]);
        if (batch.size() == 1) CHECK(values_of(run("batch_dot", attrs, inputs)[0]) == first);
        check_gradients("batch_dot", attrs, inputs, 2);
        check_dtypes("batch_dot", attrs, inputs, 2);
      }
}

TEST_CASE("float32 products of all sizes agree with float64") {
  for (const int64_t m : {1, 2, 3, 4, 5, 9})
    for (const int64_t n : {1, 8, 15, 16, 17, 32, 33, 63, 64, 65, 100})
      for (const int64_t k : {0, 1, 7, 64}) {
        CAPTURE(str(m, " ", n, " ", k));
        for (const bool a : {false, true})
          for (const bool b : {false, true}) {
            const AttrMap attrs = {{"transpose_a", a ? "True" : "False"}, {"transpose_b", b ? "True" : "False"}};
            const Shape lhs = a ? Shape{k, m} : Shape{m, k}, rhs = b ? Shape{n, k} : Shape{k, n};
            const Arrays exact = {random_array(lhs), random_array(rhs, DType::kFloat64, 2)};
            const Arrays rounded = {cast(exact[0], DType::kFloat32), cast(exact[1], DType::kFloat32)};
            const auto got = values_of(run("dot", attrs, rounded)[0]),
                       expected = values_of(run("dot", attrs, exact)[0]);
            REQUIRE(got.size() == static_cast<size_t>(m * n));
            for (size_t i = 0; i < got.size(); ++i) CHECK(std::abs(got[i] - expected[i]) <= 1e-4);
          }
      }
}
