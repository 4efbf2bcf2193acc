#include <doctest/doctest.h>

#include <cmath>

#include "op/check.h"

using namespace mx;
using namespace mx::testing;

namespace {
Arrays inputs_of(const Shape& data, int64_t channels, DType dtype = DType::kFloat64) {
  const DType rest = dtype == DType::kFloat64 ? dtype : DType::kFloat32;
  return {random_array(data, dtype), random_array({channels}, rest, 2), random_array({channels}, rest, 3),
          cast(random_array({channels}, DType::kFloat64, 4), rest),
          array_of({channels}, std::vector<double>(static_cast<size_t>(channels), 1.5), rest)};
}
}  // namespace

TEST_CASE("BatchNorm moves its averages in training, by the biased variance") {
  const auto zero = array_of({1}, {0}), one = array_of({1}, {1});
  const Arrays inputs = {array_of({2, 1}, {2, 6}), array_of({1}, {3}), zero, array_of({1}, {0}), array_of({1}, {1})};
  const auto still = run("BatchNorm", {{"fix_gamma", "False"}, {"eps", "0"}}, inputs)[0];
  CHECK(values_of(still) == std::vector<double>{6, 18});
  CHECK(values_of(inputs[4]) == std::vector<double>{1});
  const auto output = run("BatchNorm", {{"fix_gamma", "False"}, {"eps", "0"}}, inputs, true)[0];
  CHECK(values_of(output) == std::vector<double>{-3, 3});
  CHECK(values_of(inputs[3])[0] == doctest::Approx(.4));
  CHECK(values_of(inputs[4])[0] == doctest::Approx(1.3));
  run("BatchNorm", {}, inputs, true);  // gamma is fixed by default
  CHECK(values_of(inputs[1]) == std::vector<double>{1});
}

TEST_CASE("BatchNorm in every form") {
  struct Case {
    Shape data;
    int64_t channels;
    AttrMap attrs;
  };
  const Case cases[] = {{{4, 3, 5, 2}, 3, {}}, {{3, 5, 4}, 4, {{"axis", "-1"}}}, {{6, 70}, 70, {}},
                        {{2, 3, 37}, 3, {}},   {{2, 3, 2}, 2, {{"axis", "0"}}},  {{4, 2, 3, 3, 2}, 2, {}}};
  for (const Case& c : cases)
    for (const char* global : {"False", "True"})
      for (const char* fix : {"False", "True"}) {
        AttrMap attrs = c.attrs;
        attrs["use_global_stats"] = global, attrs["fix_gamma"] = fix;
        CAPTURE(str(c.data, global, fix));
        check_gradients("BatchNorm", attrs, inputs_of(c.data, c.channels), 3);
        for (const DType dtype : {DType::kFloat32, DType::kFloat16, DType::kBfloat16}) {
          Arrays narrow = inputs_of(c.data, c.channels, dtype), wide;
          for (const auto& array : narrow) wide.push_back(cast(array, DType::kFloat64));
          const auto head = random_array(c.data, dtype, 7);
          const Arrays found = gradients("BatchNorm", attrs, narrow, head);
          const Arrays expected = gradients("BatchNorm", attrs, wide, cast(head, DType::kFloat64));
          const double tolerance = dtype == DType::kFloat32 ? 2e-5 : 2e-2;
          for (size_t i = 0; i < 3; ++i) CHECK(difference(found[i], expected[i]) < tolerance);
          for (size_t i = 3; i < 5; ++i) CHECK(difference(narrow[i], wide[i]) < 1e-6);
          CHECK(difference(run("BatchNorm", attrs, narrow, true)[0], run("BatchNorm", attrs, wide, true)[0]) <
                tolerance);
        }
      }
}

TEST_CASE("BatchNorm shows the mean and the inverse deviation") {
  const Arrays outputs = run("BatchNorm", {{"output_mean_var", "True"}, {"eps", "0"}}, inputs_of({4, 3, 5}, 3), true);
  REQUIRE(outputs.size() == 3);
  const auto y = values_of(random_array({4, 3, 5}));
  double sum = 0, squares = 0;
  for (size_t n = 0; n < 4; ++n)
    for (size_t i = 0; i < 5; ++i) sum += y[n * 15 + i], squares += y[n * 15 + i] * y[n * 15 + i];
  CHECK(values_of(outputs[1])[0] == doctest::Approx(sum / 20));
  CHECK(values_of(outputs[2])[0] == doctest::Approx(1 / std::sqrt(squares / 20 - sum * sum / 400)));
}
