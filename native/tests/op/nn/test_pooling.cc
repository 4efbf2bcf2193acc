#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "mx/base/error.h"
#include "op/check.h"

using namespace mx;
using namespace mx::testing;

static NDArrayRef counted(const Shape& shape) {
  std::vector<double> values(static_cast<size_t>(shape.size()));
  std::iota(values.begin(), values.end(), 0.0);
  return array_of(shape, values);
}

TEST_CASE("Pooling gives what 1.9.1 gives") {
  struct Case {
    AttrMap attrs;
    Shape shape;
    std::vector<double> first;
  };
  const AttrMap full = {{"kernel", "(2, 2)"}, {"stride", "(2, 2)"}, {"pooling_convention", "full"}};
  auto with = [](AttrMap attrs, const AttrMap& more) { return attrs.insert(more.begin(), more.end()), attrs; };
  const AttrMap padded = {{"kernel", "(3, 3)"}, {"stride", "(2, 2)"}, {"pad", "(1, 1)"}, {"pool_type", "avg"}};
  const Case cases[] = {
      {{{"kernel", "(3, 3)"}, {"stride", "(2, 2)"}}, {1, 1, 3, 3}, {16, 18, 20, 30}},
      {full, {1, 1, 4, 4}, {8, 10, 12, 13, 22}},
      {with(full, {{"pool_type", "avg"}}), {1, 1, 4, 4}, {4, 6, 8, 9.5, 18}},
      {with(full, {{"pool_type", "sum"}}), {1, 1, 4, 4}, {16, 24, 32, 19, 72}},
      {with(full, {{"pool_type", "lp"}, {"p_value", "2"}}), {1, 1, 4, 4}, {std::sqrt(114.0), std::sqrt(194.0)}},
      {padded, {1, 1, 4, 4}, {16 / 9., 33 / 9., 45 / 9., 4}},
      {with(padded, {{"count_include_pad", "False"}}), {1, 1, 4, 4}, {4, 5.5, 7.5, 9}},
      {{{"global_pool", "True"}, {"pool_type", "avg"}}, {1, 1, 1, 1}, {24}},
      {{{"kernel", "(2, 2)"},
        {"stride", "(3, 3)"},
        {"pad", "(1, 1)"},
        {"pooling_convention", "full"},
        {"pool_type", "avg"}},
       {1, 1, 4, 4},
       {0, 1.25, 2.75, 0, 8.75}},
  };
  for (const DType dtype : {DType::kFloat64, DType::kFloat32})
    for (const Case& c : cases) {
      const auto output = run("Pooling", c.attrs, {cast(counted({1, 1, 7, 7}), dtype)})[0];
      CHECK(output->shape == c.shape);
      for (size_t i = 0; i < c.first.size(); ++i) CHECK(values_of(output)[i] == doctest::Approx(c.first[i]));
    }
}

TEST_CASE("Pooling in every form") {
  struct Case {
    Shape data;
    AttrMap attrs;
  };
  const Case cases[] = {
      {{2, 3, 6, 7}, {{"kernel", "(3, 2)"}, {"stride", "(2, 2)"}, {"pad", "(1, 0)"}}},
      {{2, 3, 6, 7}, {{"kernel", "(3, 3)"}, {"stride", "(2, 2)"}, {"pooling_convention", "full"}}},
      {{2, 6, 7, 3}, {{"kernel", "(3, 3)"}, {"stride", "(2, 1)"}, {"pad", "(1, 1)"}, {"layout", "NHWC"}}},
      {{2, 3, 9}, {{"kernel", "(4,)"}, {"stride", "(2,)"}}},
      {{2, 9, 3}, {{"kernel", "(4,)"}, {"stride", "(2,)"}, {"layout", "NWC"}}},
      {{1, 2, 4, 5, 6}, {{"kernel", "(2, 3, 2)"}, {"stride", "(2, 1, 2)"}, {"pad", "(0, 1, 1)"}}},
      {{1, 2, 1, 5, 6}, {{"kernel", "(1, 3, 2)"}}},
      {{2, 3, 5, 4}, {{"global_pool", "True"}}},
      {{2, 3, 7, 5}, {{"kernel", "(2, 2)"}, {"stride", "(2, 2)"}, {"pooling_convention", "same"}}},
  };
  for (const Case& c : cases)
    for (const char* type : {"max", "avg", "sum", "lp"})
      for (const char* include : {"None", "True", "False"}) {
        AttrMap attrs = c.attrs;
        attrs["pool_type"] = type, attrs["count_include_pad"] = include;
        if (attrs["pool_type"] == "lp") attrs["p_value"] = "2";
        const Arrays inputs = {random_array(c.data)};
        check_gradients("Pooling", attrs, inputs, 1);
        check_dtypes("Pooling", attrs, inputs, 1);
      }
}

TEST_CASE("Pooling explains what does not fit") {
  const Arrays inputs = {random_array({1, 1, 7, 7})};
  CHECK_THROWS_WITH(run("Pooling", {}, inputs), doctest::Contains("kernel is required"));
  CHECK_THROWS_WITH(run("Pooling", {{"kernel", "(9, 9)"}}, inputs), doctest::Contains("larger than data"));
  CHECK_THROWS_WITH(run("Pooling", {{"kernel", "(2, 2)"}, {"pool_type", "lp"}}, inputs), doctest::Contains("p_value"));
  CHECK_THROWS_AS(run("Pooling", {{"kernel", "(2, 2)"}}, {cast(inputs[0], DType::kInt32)}), Error);
}
