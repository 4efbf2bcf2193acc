#include <doctest/doctest.h>

#include <cmath>

#include "mx/attrs.h"
#include "mx/params.h"

using namespace mx;

namespace {
struct Everything {
  bool flag = true;
  int32_t count = 3;
  int64_t big = int64_t{1} << 40;
  float rate = 0.5f;
  double exact = 1e-3;
  std::string label = "x";
  Shape kernel{};
  DType dtype = DType::kFloat32;
  enum Mode : int32_t { kFast, kSlow } mode = kSlow;
  std::vector<double> ratios{1, 2};
  OptionalInts begin;
  std::optional<float> limit;

  static void fields(auto& f) {
    f.add("flag", &Everything::flag, "d");
    f.add("count", &Everything::count, "d").range(1, 10);
    f.add("big", &Everything::big, "d");
    f.add("rate", &Everything::rate, "d").range(0, 1);
    f.add("exact", &Everything::exact, "d");
    f.add("label", &Everything::label, "d");
    f.add("kernel", &Everything::kernel, "d").required();
    f.add("dtype", &Everything::dtype, "d");
    f.add("mode", &Everything::mode, "d").names({"fast", "slow"});
    f.add("ratios", &Everything::ratios, "d");
    f.add("begin", &Everything::begin, "d");
    f.add("limit", &Everything::limit, "d");
  }
};

Params parse(const AttrMap& attrs) { return Params::parse(params_type<Everything>(), attrs, "op"); }
}  // namespace

TEST_CASE("text becomes typed values, in all the spellings of old files") {
  const Params params = parse({{"kernel", "(5, 3)"},
                               {"flag", "0"},
                               {"count", "7L"},
                               {"rate", "1e-1"},
                               {"dtype", "float16"},
                               {"mode", "fast"},
                               {"ratios", "[0.5, 2]"},
                               {"begin", "(None, -1,)"},
                               {"limit", "6"},
                               {"__lr_mult__", "2.0"}});
  const auto& p = params.as<Everything>();
  CHECK(p.kernel == Shape{5, 3});
  CHECK_FALSE(p.flag);
  CHECK(p.count == 7);
  CHECK(p.rate == 0.1f);
  CHECK(p.dtype == DType::kFloat16);
  CHECK(p.mode == Everything::kFast);
  CHECK(p.ratios == std::vector<double>{0.5, 2});
  CHECK(p.begin == OptionalInts{std::nullopt, -1});
  CHECK(p.limit == 6.0f);
}

TEST_CASE("what is written reads back") {
  const Params params = parse({{"kernel", "(3,)"}, {"exact", "0.001"}, {"begin", "(None, 2)"}});
  const AttrMap text = params.format();
  CHECK(text.at("kernel") == "(3,)");
  CHECK(text.at("exact") == "0.001");
  CHECK(text.at("limit") == "None");
  CHECK(text.at("flag") == "True");
  CHECK(parse(text).format() == text);
}

TEST_CASE("bad values are named with their operator and parameter") {
  CHECK_THROWS_WITH_AS(parse({}), "[op] the parameter kernel is required", Error);
  CHECK_THROWS_WITH_AS(parse({{"kernel", "3"}, {"count", "0"}}), "[op] count is 0, but must be between 1 and 10",
                       Error);
  CHECK_THROWS_WITH_AS(parse({{"kernel", "(3"}}), doctest::Contains("kernel must be a tuple"), Error);
  CHECK_THROWS_WITH_AS(parse({{"kernel", "3"}, {"mode", "swift"}}), doctest::Contains("must be one of 'fast', 'slow'"),
                       Error);
  CHECK_THROWS_WITH_AS(parse({{"kernel", "3"}, {"colour", "red"}}), doctest::Contains("has no parameter colour"),
                       Error);
  CHECK_THROWS_AS(parse({{"kernel", "3"}, {"count", "99999999999"}}), Error);
}

TEST_CASE("typed values need no text") {
  const int64_t dims[] = {2, 4};
  MXValue values[3] = {};
  values[1].kind = MX_VALUE_FLOAT, values[1].f = 4;
  CHECK_THROWS_AS(StackParams(params_type<Everything>(), values, 2, "op"), Error);  // kernel is missing
  MXValue all[7] = {};
  all[0].kind = MX_VALUE_BOOL, all[0].i = 0;
  all[1] = values[1];
  all[6].kind = MX_VALUE_INTS, all[6].count = 2, all[6].ints = dims;
  const StackParams params(params_type<Everything>(), all, 7, "op");
  const auto& p = *static_cast<const Everything*>(params.data());
  CHECK_FALSE(p.flag);
  CHECK(p.count == 4);
  CHECK(p.kernel == Shape{2, 4});
  CHECK(p.label == "x");
  all[1].f = 4.5;
  CHECK_THROWS_WITH_AS(StackParams(params_type<Everything>(), all, 7, "op"), "[op] count must be an integer, got 4.5",
                       Error);
  all[1].kind = MX_VALUE_NONE;
  CHECK_THROWS_WITH_AS(StackParams(params_type<Everything>(), all, 7, "op"), "[op] count must not be None", Error);
}
