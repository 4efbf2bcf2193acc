#include <doctest/doctest.h>

#include "../graph/graphs.h"
#include "executor/autograd.h"
#include "executor/imperative.h"

using namespace mx;
using namespace mx::testing;
using Values = std::vector<float>;

namespace {

NDArrayRef run(const char* op, const std::vector<NDArrayRef>& inputs, NDArrayRef out = nullptr, Params params = {}) {
  const OpDef& def = get_op(op);
  params = complete_params(def, std::move(params));
  std::vector<NDArray*> pointers;
  for (const NDArrayRef& input : inputs) pointers.push_back(input.get());
  std::vector<NDArrayRef> outputs(static_cast<size_t>(def.count_visible(params.data())));
  outputs[0] = out;
  invoke(def, params.data(), &params, pointers, outputs);
  return outputs[0];
}

}  // namespace

TEST_CASE("operators run at once") {
  const NDArrayRef a = array({1, 2, 3}), b = array({10, 20, 30});
  CHECK(values(run("elemwise_add", {a, b})) == Values{11, 22, 33});
  CHECK(values(run("elemwise_mul", {a, a})) == Values{1, 4, 9});
  CHECK(values(run("_test_composite", {a})) == Values{2, 6, 12});
  CHECK(values(run("_test_nested", {a})) == Values{3, 8, 15});
}

TEST_CASE("out= is written, also where it is an input") {
  const NDArrayRef a = array({1, 2, 3}), b = array({10, 20, 30}), out = array({0, 0, 0});
  CHECK(run("elemwise_add", {a, b}, out) == out);
  CHECK(values(out) == Values{11, 22, 33});
  run("elemwise_add", {a, b}, a);
  CHECK(values(a) == Values{11, 22, 33});
  run("_test_blur", {b}, b);  // not registered as in place: goes through a copy
  CHECK(values(b) == Values{30, 50, 40});
  const NDArrayRef window = array({1, 2, 3, 4});
  run("elemwise_add", {window->view(0, {3}), window->view(0, {3})}, window->view(1, {3}));  // overlaps, shifted by one
  CHECK(values(window) == Values{1, 2, 4, 6});
  run("_test_composite", {out}, out);
  CHECK(values(out) == Values{132, 506, 1122});
}

TEST_CASE("wrong calls are refused") {
  const NDArrayRef a = array({1, 2, 3}), b = array({1, 2});
  CHECK(has(error_of([&] { run("elemwise_add", {a, b}); }), "[elemwise_add]"));
  CHECK(has(error_of([&] { run("elemwise_add", {a}); }), "got 1 inputs, but it takes 2"));
  CHECK(has(error_of([&] { run("elemwise_add", {a, a}, b); }), "(2,)"));
  CHECK(has(error_of([&] { run("elemwise_add", {a, make_ref<NDArray>(Shape(), DType::kFloat32)}); }), "rhs is none"));
  CHECK(error_of([&] { run("_test_fail", {a}); }) == "[_test_fail] it failed");
}

TEST_CASE("mutable inputs are written, and versions rise") {
  const NDArrayRef data = array({1, 2}), count = array({5});
  const uint64_t before = count->version();
  autograd::mode().training = true;
  run("_test_count", {data, count});
  autograd::mode().training = false;
  CHECK(values(count) == Values{6});
  CHECK(count->version() == before + 1);
  run("_test_count", {data, count});
  CHECK(values(count) == Values{6});
}
