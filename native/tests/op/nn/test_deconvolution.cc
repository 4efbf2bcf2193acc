#include <doctest/doctest.h>

#include "op/check.h"

using namespace mx;
using namespace mx::testing;

TEST_CASE("Deconvolution is the transpose of Convolution") {
  struct Case {
    Shape data, weight;
    AttrMap attrs;
  };
  const Case cases[] = {
      {{2, 3, 4, 5}, {3, 2, 3, 3}, {{"kernel", "(3, 3)"}, {"num_filter", "2"}}},
      {{2, 4, 4, 3},
       {4, 3, 2, 3},
       {{"kernel", "(2, 3)"}, {"stride", "(2, 2)"}, {"num_filter", "6"}, {"num_group", "2"}}},
      {{1, 2, 4, 4},
       {2, 3, 4, 4},
       {{"kernel", "(4, 4)"}, {"stride", "(2, 2)"}, {"pad", "(1, 1)"}, {"adj", "(1, 0)"}, {"num_filter", "3"}}},
      {{1, 2, 4, 4},
       {2, 3, 3, 3},
       {{"kernel", "(3, 3)"}, {"stride", "(2, 2)"}, {"target_shape", "(8, 7)"}, {"num_filter", "3"}}},
      {{2, 3, 6}, {3, 2, 3}, {{"kernel", "(3,)"}, {"dilate", "(2,)"}, {"num_filter", "2"}}},
      {{1, 2, 2, 3, 2}, {2, 2, 2, 2, 2}, {{"kernel", "(2, 2, 2)"}, {"stride", "(1, 2, 1)"}, {"num_filter", "2"}}},
  };
  for (const Case& c : cases) {
    CAPTURE(str(c.data, c.weight));
    AttrMap attrs = c.attrs;
    attrs["no_bias"] = "False";
    const Arrays inputs = {random_array(c.data), random_array(c.weight, DType::kFloat64, 2),
                           random_array({std::stoi(c.attrs.at("num_filter"))}, DType::kFloat64, 3)};
    check_gradients("Deconvolution", attrs, inputs, 3);
    check_dtypes("Deconvolution", attrs, inputs, 3);
  }
  const auto output =
      run("Deconvolution", cases[3].attrs, {random_array(cases[3].data), random_array(cases[3].weight)})[0];
  CHECK(output->shape == Shape{1, 3, 8, 7});
}

TEST_CASE("Deconvolution adds up overlapping filters") {
  const auto ones = array_of({1, 1, 2, 2}, {1, 1, 1, 1}), weight = array_of({1, 1, 3, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8});
  const auto output =
      run("Deconvolution", {{"kernel", "(3, 3)"}, {"stride", "(2, 2)"}, {"num_filter", "1"}}, {ones, weight})[0];
  const auto y = values_of(output);
  CHECK(output->shape == Shape{1, 1, 5, 5});
  CHECK(std::vector<double>(y.begin(), y.begin() + 5) == std::vector<double>{0, 1, 2, 1, 2});
}
