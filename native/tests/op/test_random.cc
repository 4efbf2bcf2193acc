// The random numbers, and the kernels that need none of the other tests' files.
#include <cmath>

#include "base/random.h"
#include "engine/threads.h"
#include "mx/attrs.h"
#include "mx/op/random.h"
#include "run.h"

using namespace mx;
using namespace mx::test;

namespace {
Array call(const char* op, const std::vector<Array>& in, const AttrMap& attrs = {}, PhiloxGenerator* random = nullptr) {
  return run_all(op, in, Params::parse(get_op(op).param_struct(), attrs, op), false, random).at(0);
}
}  // namespace

TEST_CASE("Philox is the published function") {
  // Counter 0 and key 0, from the authors' table of known answers.
  PhiloxGenerator random;
  uint32_t words[4];
  fill_bits(random, words, 4);
  CHECK(words[0] == 0x6627e8d5);
  CHECK(words[1] == 0xe169c58d);
  CHECK(words[2] == 0xbc57ac4c);
  CHECK(words[3] == 0x9b00dbd8);
}

TEST_CASE("distributions have their moments, and don't depend on threads") {
  const int before = engine::num_threads();
  for (const char* dtype : {"float32", "float64", "float16"})
    for (const char* op : {"_random_uniform", "_random_normal"}) {
      CAPTURE(dtype);
      CAPTURE(op);
      PhiloxGenerator a, b;
      a.seed(5), b.seed(5);
      engine::set_num_threads(1);
      const Array x = call(op, {}, {{"shape", "(300, 1001)"}, {"dtype", dtype}}, &a);
      engine::set_num_threads(2);
      CHECK(call(op, {}, {{"shape", "(300, 1001)"}, {"dtype", dtype}}, &b) == x);
      double sum = 0, squares = 0, fourth = 0;
      const std::vector<double> values = x.values();
      for (double v : values) sum += v, squares += v * v, fourth += v * v * v * v;
      const double n = static_cast<double>(values.size());
      const bool uniform = op[8] == 'u';
      CHECK(sum / n == doctest::Approx(uniform ? 0.5 : 0).epsilon(0.01).scale(1));
      CHECK(squares / n == doctest::Approx(uniform ? 1. / 3 : 1).epsilon(0.02).scale(1));
      CHECK(fourth / n == doctest::Approx(uniform ? 1. / 5 : 3).epsilon(0.02).scale(1));
    }
  engine::set_num_threads(before);
}

TEST_CASE("integers are drawn from their range") {
  PhiloxGenerator random;
  const Array x = call("_random_randint", {}, {{"low", "-2"}, {"high", "3"}, {"shape", "(5000,)"}}, &random);
  CHECK(x.dtype == DType::kInt32);
  int counts[5] = {};
  for (double v : x.values()) {
    REQUIRE(v >= -2);
    REQUIRE(v < 3);
    ++counts[static_cast<int>(v) + 2];
  }
  for (int count : counts) CHECK(std::abs(count - 1000) < 150);
}

TEST_CASE("the softmax family along any axis") {
  const Array x(Shape{2, 3, 40}, random_values(240, -5, 5));
  for (int axis : {0, 1, 2}) {
    CAPTURE(axis);
    const std::string a = std::to_string(axis);
    const std::vector<double> in = x.values(), y = call("softmax", {x}, {{"axis", a}, {"temperature", "2"}}).values();
    const std::vector<double> log = call("log_softmax", {x}, {{"axis", a}, {"temperature", "2"}}).values();
    const int64_t count = x.shape[axis], inner = x.shape.size(axis + 1, 3);
    std::vector<double> expected(in.size()), expected_log(in.size());
    for (int64_t o = 0; o < 240 / count / inner; ++o)
      for (int64_t i = 0; i < inner; ++i) {
        double sum = 0;
        for (int64_t k = 0; k < count; ++k) sum += std::exp(in[(o * count + k) * inner + i] / 2);
        for (int64_t k = 0; k < count; ++k) {
          const size_t at = (o * count + k) * inner + i;
          expected[at] = std::exp(in[at] / 2) / sum;
          expected_log[at] = in[at] / 2 - std::log(sum);
        }
      }
    check_close(y, expected, 1e-6);
    check_close(log, expected_log, 1e-5);
  }
  const Array ones(Shape{2, 3}, std::vector<double>(6, 1.));
  check_close(call("softmax", {ones, Array(Shape{2}, {1, 2}, DType::kInt32)}, {{"use_length", "True"}}).values(),
              {1, 0, 0, .5, .5, 0}, 1e-6);
  check_close(call("softmin", {Array(Shape{3}, {1, 2, -3})}).values(), {0.0178679824, 0.0065732631, 0.9755586982},
              1e-6);
}

TEST_CASE("updates of stochastic gradient descent") {
  const Array w(Shape{2}, {1, -2}), g(Shape{2}, {1, 0.2});
  const AttrMap attrs = {{"lr", "0.1"}, {"wd", "0.1"}, {"clip_gradient", "0.3"}, {"rescale_grad", "0.5"}};
  check_close(call("sgd_update", {w, g}, attrs).values(), {1 - .1 * (.3 + .1), -2 - .1 * (.1 - .2)}, 1e-6);
  AttrMap with = attrs;
  with["momentum"] = "0.9";
  // States are written where they are.
  const std::vector<Array> in = {w, g, Array(Shape{2}, {0.5, 0})};
  const double move = .45 - .1 * .4;
  check_close(call("sgd_mom_update", in, with).values(), {1 + move, -2 + .01}, 1e-6);
  check_close(in[2].values(), {move, .01}, 1e-6);
  const std::vector<Array> half = {Array(Shape{2}, {1, -2}, DType::kFloat16),
                                   Array(Shape{2}, {1, 0.2}, DType::kFloat16), Array(Shape{2}, {0.5, 0}),
                                   Array(Shape{2}, {1.0001, -2})};
  const Array updated = call("mp_sgd_mom_update", half, with);
  CHECK(updated.dtype == DType::kFloat16);
  check_close(half[3].values(), {1.0001 + .45 - .1 * (.3 + .10001), -1.99}, 1e-4);
  check_close(updated.values(), half[3].values(), 1e-3);
}
