#include <doctest/doctest.h>

#include "op/check.h"

using namespace mx;
using namespace mx::testing;

TEST_CASE("Activation and LeakyReLU give what 1.9.1 gives, with right gradients") {
  struct Case {
    const char *op, *type;
    std::vector<double> expected;
  };
  const Case cases[] = {
      {"LeakyReLU", "leaky", {-.6, -.3, 0, 1, 2}},
      {"LeakyReLU", "elu", {-.25939944, -.18963616, 0, 1, 2}},
      {"LeakyReLU", "selu", {-1.5201665, -1.1113307, 0, 1.050701, 2.101402}},
      {"LeakyReLU", "gelu", {-.0455001, -.15865527, 0, .84134465, 1.9544998}},
      {"Activation", "relu", {0, 0, 0, 1, 2}},
      {"Activation", "sigmoid", {.11920292, .26894142, .5, .73105858, .88079708}},
      {"Activation", "tanh", {-.96402758, -.76159416, 0, .76159416, .96402758}},
      {"Activation", "softrelu", {.12692801, .31326169, .69314718, 1.31326169, 2.12692801}},
      {"Activation", "softsign", {-2 / 3., -.5, 0, .5, 2 / 3.}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.type);
    AttrMap attrs = {{"act_type", c.type}};
    if (std::string(c.op) == "LeakyReLU") attrs["slope"] = "0.3";
    const auto output = run(c.op, attrs, {array_of({5}, {-2, -1, 0, 1, 2})})[0];
    CHECK(difference(output, array_of({5}, c.expected)) < 1e-7);
    check_gradients(c.op, attrs, {random_array({3, 7})}, 1);
    check_dtypes(c.op, attrs, {random_array({3, 7})}, 1);
  }
}

TEST_CASE("LeakyReLU learns slopes per channel, or one") {
  const AttrMap attrs = {{"act_type", "prelu"}};
  const auto data = array_of({2, 3, 2}, {-6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5});
  const auto output = run("LeakyReLU", attrs, {data, array_of({3}, {.1, .2, .3})})[0];
  CHECK(difference(output, array_of({2, 3, 2}, {-.6, -.5, -.8, -.6, -.6, -.3, 0, 1, 2, 3, 4, 5})) < 1e-12);
  for (const int64_t slopes : {3, 1}) {
    const Arrays inputs = {random_array({2, 3, 4}), random_array({slopes}, DType::kFloat64, 2)};
    check_gradients("LeakyReLU", attrs, inputs, 2);
    check_dtypes("LeakyReLU", attrs, inputs, 2);
  }
}

TEST_CASE("LeakyReLU draws slopes between its bounds in training") {
  const std::vector<double> minus(1000, -1);
  const auto data = array_of({1000}, minus);
  const auto y = values_of(
      run("LeakyReLU", {{"act_type", "rrelu"}, {"lower_bound", "0.2"}, {"upper_bound", "0.4"}}, {data}, true)[0]);
  double sum = 0;
  for (const double value : y) {
    CHECK(value <= -.19999);
    CHECK(value >= -.40001);
    sum += value;
  }
  CHECK(sum / 1000 == doctest::Approx(-.3).epsilon(.05));
  CHECK(y[0] != y[1]);
}

TEST_CASE("Dropout drops a fraction in training, with the same mask for the gradient") {
  const std::vector<double> ones(10000, 1);
  const auto data = array_of({100, 100}, ones);
  CHECK(values_of(run("Dropout", {}, {data})[0]) == ones);
  const auto gradient = values_of(gradients("Dropout", {{"p", "0.2"}}, {data}, data)[0]);
  double dropped = 0;
  for (const double value : gradient) {
    CHECK((value == 0 || value == doctest::Approx(1.25)));
    dropped += value == 0;
  }
  CHECK(dropped / 10000 == doctest::Approx(.2).epsilon(.1));
  const auto y = values_of(run("Dropout", {{"axes", "(1,)"}}, {data}, true)[0]);
  for (size_t row = 0; row < 100; ++row)
    for (size_t i = 1; i < 100; ++i) CHECK(y[row * 100 + i] == y[row * 100]);
}
