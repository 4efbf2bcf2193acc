#include <doctest/doctest.h>

#include "mx/base/error.h"
#include "mx/base/shape.h"

using namespace mx;

TEST_CASE("a shape prints as Python writes a tuple") {
  CHECK(str(Shape{2, 3}) == "(2, 3)");
  CHECK(str(Shape{4}) == "(4,)");
  CHECK(str(Shape{-1, 3}) == "(?, 3)");
  CHECK(str(Shape::scalar()) == "()");
  CHECK(str(Shape()) == "unknown");
}

TEST_CASE("unify fills what is open and refuses contradictions") {
  Shape into{-1, 3};
  CHECK(unify(into, Shape{2, -1}));
  CHECK(into == Shape{2, 3});
  CHECK(unify(into, Shape()));
  CHECK_FALSE(unify(into, Shape{2, 4}));
  CHECK_FALSE(unify(into, Shape{2, 3, 1}));
  Shape nothing;
  CHECK(unify(nothing, into));
  CHECK(nothing == into);
}

TEST_CASE("sizes that no memory holds are refused") {
  CHECK(checked_bytes(Shape{2, 3}, DType::kFloat64) == 48);
  CHECK(checked_bytes(Shape{int64_t{1} << 40, 0, int64_t{1} << 40}, DType::kFloat32) == 0);
  CHECK_THROWS_WITH_AS(checked_bytes(Shape{int64_t{1} << 60}, DType::kFloat64), doctest::Contains("doesn't fit"),
                       Error);
  CHECK_THROWS_AS(checked_bytes(Shape{-1}, DType::kFloat32), Error);
}

TEST_CASE("axes count from both ends") {
  CHECK(normalize_axis(-1, 3, "sum") == 2);
  CHECK(normalize_axis(0, 3, "sum") == 0);
  CHECK_THROWS_WITH_AS(normalize_axis(3, 3, "sum"), doctest::Contains("[sum] axis 3 is out of range"), Error);
}
