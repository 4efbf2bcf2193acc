#include <doctest/doctest.h>

#include <limits>

#include "mx/base/error.h"
#include "mx/base/shape.h"

using namespace mx;

TEST_CASE("a message holds text, numbers, dtypes and shapes") {
  const std::string name = "data";
  CHECK(str("[take] ", name, ' ', std::string_view("has"), " shape ", Shape{2, 3}, " and dtype ", DType::kBfloat16) ==
        "[take] data has shape (2, 3) and dtype bfloat16");
  CHECK(str(int8_t{-3}, ' ', uint8_t{200}, ' ', true) == "-3 200 1");
  CHECK(str(std::numeric_limits<int64_t>::min(), ' ', std::numeric_limits<uint64_t>::max()) ==
        "-9223372036854775808 18446744073709551615");
  CHECK(str() == "");
}

TEST_CASE("numbers in messages read back as the same numbers") {
  CHECK(str(0.1f, ' ', 0.1, ' ', 2.0, ' ', 1e-7, ' ', 1.0 / 3) == "0.1 0.1 2 1e-07 0.3333333333333333");
  CHECK(str(-std::numeric_limits<double>::infinity(), ' ', std::numeric_limits<float>::quiet_NaN()) == "-inf nan");
  CHECK(str(-std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::max()) ==
        "-5e-3241.7976931348623157e+308");
}

TEST_CASE("a failed check raises its kind and message, and a passed one evaluates nothing") {
  int evaluated = 0;
  const auto count = [&] { return ++evaluated; };
  const auto check = [&](int n) { MX_CHECK(n >= 0, kIndex, "[slice] n is ", n, " after ", count()); };
  check(1);
  CHECK(evaluated == 0);
  CHECK_THROWS_WITH_AS(check(-1), "[slice] n is -1 after 1", Error);
  try {
    check(-2);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kIndex);
  }
}
