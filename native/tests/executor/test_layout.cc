#include <doctest/doctest.h>

#include <algorithm>

#include "../graph/graphs.h"
#include "executor/layout.h"

using namespace mx;
using namespace mx::testing;

namespace {

// Steps as the compiler lists them, without memory: only a bound array's being there counts.
struct Steps {
  Entries entries;
  std::vector<Work> work;

  int value(const Shape& shape, DType dtype = DType::kFloat32) { return entries.add(shape, dtype, Device{}); }
  int bound(const Shape& shape, DType dtype = DType::kFloat32) {
    const int entry = value(shape, dtype);
    entries.arrays[static_cast<size_t>(entry)] = make_ref<NDArray>(Shape{1}, dtype);
    return entry;
  }
  void step(const char* op, const AttrMap& attrs, std::vector<int> in, std::vector<int> out, bool backward = false) {
    const OpDef& def = get_op(op);
    auto node = make_ref<Node>();
    node->op = &def, node->name = op, node->params = Params::parse(def.param_struct(), attrs, def.name);
    work.push_back({node, &def, node->params, std::move(in), std::move(out), backward});
  }
  int convolution(int data, int out, int filters = 4) {
    const int channels = static_cast<int>(entries.shapes[static_cast<size_t>(data)][1]);
    step("Convolution", {{"kernel", "(1, 1)"}, {"num_filter", std::to_string(filters)}, {"no_bias", "True"}},
         {data, bound({filters, channels, 1, 1})}, {out});
    return out;
  }
  void run() { choose_layouts(work, entries); }

  std::vector<std::string> ops() const {
    std::vector<std::string> list;
    for (const Work& one : work) list.push_back(one.op->name);
    return list;
  }
  const Work& of(const std::string& op, size_t which = 0) const {
    for (const Work& one : work)
      if (one.op->name == op && which-- == 0) return one;
    FAIL("there is no such step");
    return work[0];
  }
  // The value of an entry reaches each step in the format that the step takes.
  bool consistent() const {
    std::vector<Format> formats(entries.shapes.size(), Format::kPlain);
    const auto neutral = [&](int entry) {
      const Shape& shape = entries.shapes[static_cast<size_t>(entry)];
      return shape.ndim < 3 || shape[1] == 1 || shape.size(2, shape.ndim) == 1;
    };
    for (const Work& one : work) {
      for (size_t i = 0; i < one.in.size(); ++i)
        if (!neutral(one.in[i]) && one.in_format(i) != formats[static_cast<size_t>(one.in[i])]) return false;
      for (size_t o = 0; o < one.out.size(); ++o) formats[static_cast<size_t>(one.out[o])] = one.out_format(o);
    }
    return true;
  }
};

using Names = std::vector<std::string>;
const Shape kImages = {2, 4, 3, 5};

}  // namespace

TEST_CASE("layouts: what follows a convolution stays channels-last, bound arrays are plain") {
  Steps s;
  const int data = s.bound(kImages), result = s.bound(kImages);
  const int first = s.convolution(data, s.value(kImages)), second = s.value(kImages);
  s.step("relu", {}, {first}, {second});
  s.step("elemwise_add", {}, {second, first}, {result});
  s.run();
  CHECK(s.ops() == Names{"_reorder", "Convolution", "relu", "elemwise_add", "_reorder"});
  CHECK(s.consistent());
  CHECK(s.of("relu").out_format(0) == Format::kChannelsLast);
  CHECK(s.of("Convolution").in_format(1) == Format::kPlain);
  const Work& last = s.of("_reorder", 1);
  CHECK(last.out == std::vector<int>{result});
  CHECK(last.out_format(0) == Format::kPlain);
  CHECK(last.inserted);
}

TEST_CASE("layouts: one reordered copy serves all") {
  Steps s;
  const int data = s.bound(kImages);
  const int first = s.convolution(data, s.value(kImages));
  s.convolution(data, s.value(kImages));
  s.step("transpose", {}, {first}, {s.value({5, 3, 4, 2})});
  s.step("transpose", {}, {first}, {s.value({5, 3, 4, 2})});
  s.run();
  CHECK(s.ops() == Names{"_reorder", "Convolution", "Convolution", "_reorder", "transpose", "transpose"});
  CHECK(s.consistent());
  CHECK(s.of("transpose").in == s.of("transpose", 1).in);
}

TEST_CASE("layouts: a result that is bound is read where it lies channels-last") {
  Steps s;
  const int output = s.convolution(s.bound(kImages), s.bound(kImages));
  s.convolution(output, s.value(kImages));
  s.step("transpose", {}, {output}, {s.value({5, 3, 4, 2})});
  s.run();
  CHECK(s.ops() == Names{"_reorder", "Convolution", "_reorder", "Convolution", "transpose"});
  CHECK(s.consistent());
  CHECK(s.of("Convolution", 1).in[0] == s.of("Convolution").out[0]);
  CHECK(s.of("transpose").in[0] == output);
}

TEST_CASE("layouts: arrays that are the same either way are not reordered") {
  Steps s;
  const int gray = s.convolution(s.bound({2, 1, 3, 5}), s.value(kImages));
  const int sums = s.value({2, 4, 1, 1});
  s.step("Pooling", {{"global_pool", "True"}, {"pool_type", "avg"}}, {gray}, {sums});
  s.step("Flatten", {}, {sums}, {s.value({2, 4})});
  s.run();
  CHECK(s.ops() == Names{"Convolution", "Pooling", "Flatten"});
  CHECK(s.of("Pooling").in_format(0) == Format::kChannelsLast);
}

TEST_CASE("layouts: nothing is reordered for a step that only takes the format") {
  Steps s;
  const int data = s.bound(kImages), next = s.value(kImages);
  s.step("relu", {}, {data}, {next});
  s.step("Pooling", {{"kernel", "(1, 1)"}}, {next}, {s.value(kImages), s.value({0})});
  s.run();
  CHECK(s.ops() == Names{"relu", "Pooling"});
  CHECK(s.of("Pooling").in_format(0) == Format::kPlain);
}

TEST_CASE("layouts: what stays plain") {
  SUBCASE("float64") {
    Steps s;
    s.convolution(s.bound(kImages, DType::kFloat64), s.value(kImages, DType::kFloat64));
    s.run();
    CHECK(s.ops() == Names{"Convolution"});
    CHECK(s.of("Convolution").out_format(0) == Format::kPlain);
  }
  SUBCASE("an array that some step writes") {
    Steps s;
    const int data = s.bound(kImages);
    s.entries.rewritten[static_cast<size_t>(data)] = true;
    s.convolution(data, s.value(kImages));
    s.run();
    CHECK(s.ops() == Names{"Convolution"});
  }
  SUBCASE("broadcasting") {
    Steps s;
    const int first = s.convolution(s.bound(kImages), s.value(kImages));
    s.step("broadcast_add", {}, {first, s.bound({1, 4, 1, 1})}, {s.value(kImages)});
    s.run();
    CHECK(s.ops() == Names{"_reorder", "Convolution", "_reorder", "broadcast_add"});
    CHECK(s.consistent());
  }
}

TEST_CASE("layouts: inputs of which only the shape counts are not reordered") {
  Steps s;
  const int data = s.bound(kImages), pooled = s.value(kImages), gradient = s.value(kImages);
  const int head = s.convolution(data, s.value(kImages));
  s.step("_backward_Pooling", {{"kernel", "(1, 1)"}, {"pool_type", "avg"}}, {head, data, pooled}, {gradient}, true);
  s.run();
  CHECK(s.ops() == Names{"_reorder", "Convolution", "_backward_Pooling"});
  CHECK(s.of("_backward_Pooling").in[1] == data);
  CHECK(s.of("_backward_Pooling").in_format(0) == Format::kChannelsLast);
  CHECK(s.of("_backward_Pooling").backward);
}
