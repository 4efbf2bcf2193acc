#include <doctest/doctest.h>

#include "mx/base/error.h"
#include "op/check.h"

using namespace mx;
using namespace mx::testing;

TEST_CASE("FullyConnected multiplies by the transposed weight") {
  const auto data = array_of({2, 3}, {1, 2, 3, 4, 5, 6}), weight = array_of({2, 3}, {1, 0, -1, 2, 1, 0}),
             bias = array_of({2}, {10, 20});
  const auto output = run("FullyConnected", {{"num_hidden", "2"}}, {data, weight, bias})[0];
  CHECK(output->shape == Shape{2, 2});
  CHECK(values_of(output) == std::vector<double>{8, 24, 8, 33});
}

TEST_CASE("FullyConnected in every form") {
  struct Case {
    Shape data, weight;
    AttrMap attrs;
  };
  const Case cases[] = {
      {{4, 7}, {5, 7}, {{"num_hidden", "5"}}},
      {{3, 2, 5}, {17, 10}, {{"num_hidden", "17"}}},
      {{3, 2, 5}, {4, 5}, {{"num_hidden", "4"}, {"flatten", "False"}}},
      {{1, 33}, {1, 33}, {{"num_hidden", "1"}}},
      {{6}, {3, 6}, {{"num_hidden", "3"}, {"flatten", "False"}}},
      {{6}, {3, 1}, {{"num_hidden", "3"}}},
  };
  for (const Case& c : cases) {
    CAPTURE(str(c.data));
    for (const bool no_bias : {false, true}) {
      AttrMap attrs = c.attrs;
      attrs["no_bias"] = no_bias ? "True" : "False";
      Arrays inputs = {random_array(c.data), random_array(c.weight, DType::kFloat64, 2)};
      if (!no_bias) inputs.push_back(random_array({c.weight[0]}, DType::kFloat64, 3));
      check_gradients("FullyConnected", attrs, inputs, inputs.size());
      check_dtypes("FullyConnected", attrs, inputs, inputs.size());
    }
  }
}

TEST_CASE("FullyConnected refuses what does not fit") {
  const AttrMap attrs = {{"num_hidden", "5"}, {"no_bias", "True"}};
  CHECK_THROWS_AS(run("FullyConnected", attrs, {random_array({4, 7}), random_array({5, 8})}), Error);
  CHECK_THROWS_AS(run("FullyConnected", attrs,
                      {cast(random_array({4, 7}), DType::kInt32), cast(random_array({5, 7}), DType::kInt32)}),
                  Error);
}
