// Copies with strides, and what is made of them.
#include "mx/attrs.h"
#include "mx/op/elementwise.h"
#include "mx/op/strided.h"
#include "run.h"

using namespace mx;
using namespace mx::test;

namespace {
std::vector<double> counting(int64_t n) {
  std::vector<double> out(static_cast<size_t>(n));
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<double>(i % 120);
  return out;
}
// Parameters by name, as a symbol keeps them.
Array call(const char* op, const std::vector<Array>& in, const AttrMap& attrs = {}) {
  return run_all(op, in, Params::parse(get_op(op).param_struct(), attrs, op)).at(0);
}
}  // namespace

TEST_CASE("transpose moves every element") {
  for (DType dtype : {DType::kUint8, DType::kFloat16, DType::kFloat32, DType::kInt64})
    for (const Shape& shape : {Shape{2, 3, 4}, Shape{33, 1, 65}, Shape{70, 40, 3}})
      for (const Shape& axes :
           {Shape{2, 1, 0}, Shape{1, 0, 2}, Shape{0, 2, 1}, Shape{2, 0, 1}, Shape{1, 2, 0}, Shape{0, 1, 2}}) {
        CAPTURE(shape);
        CAPTURE(axes);
        const Array x(shape, counting(shape.size()), dtype), y = call("transpose", {x}, {{"axes", str(axes)}});
        const std::vector<double> from = x.values(), to = y.values();
        bool same = true;
        for (int64_t i = 0; i < shape[0]; ++i)
          for (int64_t j = 0; j < shape[1]; ++j)
            for (int64_t k = 0; k < shape[2]; ++k) {
              const int64_t old[] = {i, j, k};
              int64_t at = 0;
              for (int a = 0; a < 3; ++a) at = at * y.shape[a] + old[axes[a]];
              same &= to[static_cast<size_t>(at)] == from[static_cast<size_t>((i * shape[1] + j) * shape[2] + k)];
            }
        CHECK(same);
      }
}

TEST_CASE("the codes of Reshape") {
  const Array x(Shape{2, 3, 4}, counting(24));
  const std::pair<const char*, Shape> cases[] = {
      {"(4, 0, 2)", {4, 3, 2}},
      {"(0, -1)", {2, 12}},
      {"(-1, 0)", {8, 3}},
      {"(2, -2)", {2, 3, 4}},
      {"(-3, 4)", {6, 4}},
      {"(0, -3)", {2, 12}},
      {"(-4, 1, 2, -2)", {1, 2, 3, 4}},
      {"(-4, -1, 2, -2)", {1, 2, 3, 4}},
      {"(-1,)", {24}},
      {"(24,)", {24}},
  };
  for (const auto& [code, shape] : cases) {
    CAPTURE(code);
    CHECK(call("Reshape", {x}, {{"shape", code}}).shape == shape);
  }
  const Array y(Shape{10, 5, 4}, DType::kFloat32);
  CHECK(call("Reshape", {y}, {{"shape", "(-1, 0)"}}).shape == Shape{40, 5});
  CHECK(call("Reshape", {y}, {{"shape", "(-1, 0)"}, {"reverse", "True"}}).shape == Shape{50, 4});
  CHECK(call("Reshape", {Array(Shape{2, 3}, DType::kFloat32)}, {{"target_shape", "(3, 0)"}}).shape == Shape{3, 2});
  CHECK(call("Reshape", {x}, {{"target_shape", "(0, 0)"}, {"keep_highest", "True"}}).shape == Shape{2, 12});
  CHECK_THROWS_WITH_AS(call("Reshape", {x}, {{"shape", "(5, 5)"}}), doctest::Contains("25 elements instead of 24"),
                       Error);
  CHECK_THROWS_AS(call("Reshape", {x}, {{"shape", "(-1, 5)"}}), Error);
}

TEST_CASE("slices and their gradients") {
  const Array x(Shape{4, 5}, counting(20));
  CHECK(call("slice", {x}, {{"begin", "(1, None)"}, {"end", "(3, -1)"}}).values() ==
        std::vector<double>{5, 6, 7, 8, 10, 11, 12, 13});
  CHECK(call("slice", {x}, {{"begin", "(None, 3)"}, {"end", "(None, 0)"}, {"step", "(-3, -2)"}}).values() ==
        std::vector<double>{18, 16, 3, 1});
  CHECK(call("slice", {x}, {{"begin", "(2,)"}, {"end", "(99,)"}}).shape == Shape{2, 5});
  CHECK(call("slice_axis", {x}, {{"axis", "1"}, {"begin", "-2"}, {"end", "None"}}).values() ==
        std::vector<double>{3, 4, 8, 9, 13, 14, 18, 19});
  CHECK_THROWS_AS(call("slice_axis", {x}, {{"axis", "1"}, {"begin", "1"}, {"end", "9"}}), Error);
  CHECK(call("slice_like", {x, Array(Shape{1, 2}, DType::kFloat32)}).values() == std::vector<double>{0, 1});
  const Array head(Shape{2, 2}, {1, 2, 3, 4});
  const Array back =
      call("_backward_slice", {head, x}, {{"begin", "(None, 3)"}, {"end", "(None, 0)"}, {"step", "(-3, -2)"}});
  CHECK(back.values()[18] == 1);
  CHECK(back.values()[1] == 4);
  CHECK(call("_slice_assign", {x, head}, {{"begin", "(0, 0)"}, {"end", "(2, 2)"}}).values()[6] == 4);
  CHECK(call("_slice_assign_scalar", {x}, {{"scalar", "7"}, {"begin", "(0, 0)"}, {"end", "(4, 1)"}}).values()[15] == 7);
}

TEST_CASE("joining, splitting and repeating") {
  const Array a(Shape{2, 2}, {1, 2, 3, 4}), b(Shape{2, 1}, {5, 6});
  CHECK(call("Concat", {a, b}, {{"num_args", "2"}, {"dim", "-1"}}).values() == std::vector<double>{1, 2, 5, 3, 4, 6});
  CHECK(call("Concat", {a, a}, {{"num_args", "2"}, {"dim", "0"}}).shape == Shape{4, 2});
  CHECK_THROWS_AS(call("Concat", {a, b}, {{"num_args", "2"}, {"dim", "0"}}), Error);
  CHECK(call("stack", {a, a}, {{"num_args", "2"}, {"axis", "-1"}}).values() ==
        std::vector<double>{1, 1, 2, 2, 3, 3, 4, 4});
  const auto parts = run_all("SliceChannel", {a},
                             Params::parse(get_op("SliceChannel").param_struct(),
                                           {{"num_outputs", "2"}, {"squeeze_axis", "True"}}, "SliceChannel"));
  CHECK(parts.at(1).values() == std::vector<double>{2, 4});
  CHECK(parts.at(1).shape == Shape{2});
  CHECK(call("tile", {a}, {{"reps", "(2, 1, 2)"}}).values() ==
        std::vector<double>{1, 2, 1, 2, 3, 4, 3, 4, 1, 2, 1, 2, 3, 4, 3, 4});
  CHECK(call("_backward_tile", {Array(Shape{2, 2, 4}, std::vector<double>(16, 1.)), a}).values() ==
        std::vector<double>{4, 4, 4, 4});
  CHECK(call("repeat", {a}, {{"repeats", "2"}, {"axis", "1"}}).values() == std::vector<double>{1, 1, 2, 2, 3, 3, 4, 4});
  CHECK(call("reverse", {a}, {{"axis", "(0, 1)"}}).values() == std::vector<double>{4, 3, 2, 1});
  CHECK(call("broadcast_to", {b}, {{"shape", "(0, 3)"}}).values() == std::vector<double>{5, 5, 5, 6, 6, 6});
  CHECK(call("_backward_broadcast", {a, b}).values() == std::vector<double>{3, 7});
  CHECK(call("squeeze", {Array(Shape{1, 2, 1}, {1, 2})}).shape == Shape{2});
  CHECK(call("_arange", {}, {{"start", "0"}, {"stop", "5"}, {"step", "2"}, {"repeat", "2"}}).values() ==
        std::vector<double>{0, 0, 2, 2, 4, 4});
  CHECK(call("_eye", {}, {{"N", "2"}, {"M", "3"}, {"k", "1"}}).values() == std::vector<double>{0, 1, 0, 0, 0, 1});
}

TEST_CASE("indexing") {
  const Array x(Shape{3, 2}, {1, 2, 3, 4, 5, 6}), i(Shape{4}, {-1, 2, 0, 9});
  CHECK(call("take", {x, i}).values() == std::vector<double>{1, 2, 5, 6, 1, 2, 5, 6});
  CHECK(call("take", {x, i}, {{"mode", "wrap"}}).values() == std::vector<double>{5, 6, 5, 6, 1, 2, 1, 2});
  CHECK_THROWS_WITH_AS(call("take", {x, i}, {{"mode", "raise"}}), doctest::Contains("index -1 is out of range"), Error);
  CHECK(call("take", {x, Array(Shape{1, 2}, {1, 0})}, {{"axis", "1"}}).values() ==
        std::vector<double>{2, 1, 4, 3, 6, 5});
  const Array ones(Shape{4, 2}, std::vector<double>(8, 1.));
  CHECK(call("_backward_take", {ones, i, x}).values() == std::vector<double>{2, 2, 0, 0, 2, 2});
  CHECK(call("Embedding", {i, x}, {{"input_dim", "3"}, {"output_dim", "2"}}).values() == call("take", {x, i}).values());
  CHECK(call("pick", {x, Array(Shape{3}, {1, 0, 7})}).values() == std::vector<double>{2, 3, 6});
  CHECK(call("_backward_pick", {Array(Shape{3}, {1, 2, 3}), Array(Shape{3}, {1, 0, 7}), x}).values() ==
        std::vector<double>{0, 1, 2, 0, 0, 3});
  CHECK(call("one_hot", {Array(Shape{1, 2}, {0, 5})}, {{"depth", "3"}}).values() ==
        std::vector<double>{1, 0, 0, 0, 0, 0});
  const Array coordinates(Shape{2, 2}, {0, 2, 1, 1});
  CHECK(call("gather_nd", {x, coordinates}).values() == std::vector<double>{2, 6});
  CHECK(call("scatter_nd", {Array(Shape{2}, {8, 9}), coordinates}, {{"shape", "(3, 2)"}}).values() ==
        std::vector<double>{0, 8, 0, 0, 0, 9});
  CHECK(call("where", {Array(Shape{3}, {0, 0.3, 1}), x, call("negative", {x})}).values() ==
        std::vector<double>{-1, -2, 3, 4, 5, 6});
}
