#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "../graph/graphs.h"
#include "executor/executor.h"

using namespace mx;
using namespace mx::testing;
using Values = std::vector<float>;

namespace {

// A bound symbol with arrays by name. Arguments that are not given are filled with small numbers.
struct Bound {
  Bound(SymbolRef symbol, std::map<std::string, NDArrayRef> given, int request = MX_REQ_WRITE, bool reuse = true)
      : symbol(std::move(symbol)) {
    Binding binding;
    for (const Node* node : this->symbol->variables(Symbol::Variables::kArguments)) {
      arrays[node->name] = given.at(node->name);
      gradients[node->name] = request == MX_REQ_NULL ? nullptr : array(given.at(node->name)->shape, {10});
      binding.arguments.push_back(arrays[node->name]);
      binding.gradients.push_back(gradients[node->name]);
      binding.requests.push_back(request);
    }
    for (const Node* node : this->symbol->variables(Symbol::Variables::kAuxiliary)) {
      arrays[node->name] = given.at(node->name);
      binding.auxiliary.push_back(arrays[node->name]);
    }
    executor = make_ref<Executor>(*this->symbol, std::move(binding),
                                  PlanOptions{.reuse = reuse ? Reuse::kAll : Reuse::kNothing});
  }
  void backward(const std::vector<NDArrayRef>& heads = {}) {
    std::vector<NDArray*> pointers;
    for (const NDArrayRef& head : heads) pointers.push_back(head.get());
    executor->backward(pointers, true);
  }
  Values output(size_t i = 0) const { return values(executor->outputs()[i]); }

  SymbolRef symbol;
  std::map<std::string, NDArrayRef> arrays, gradients;
  Ref<Executor> executor;
};

}  // namespace

TEST_CASE("forward and backward") {
  const SymbolRef a = var("a"), b = var("b");
  Bound bound(apply("elemwise_add", "s", {apply("elemwise_mul", "p", {a, b}), a}),
              {{"a", array({1, 2})}, {"b", array({3, 4})}});
  bound.executor->forward(true);
  CHECK(bound.output() == Values{4, 10});
  bound.backward({array({1, 10})});
  CHECK(values(bound.gradients["a"]) == Values{4, 50});
  CHECK(values(bound.gradients["b"]) == Values{1, 20});
  const NDArray* output = bound.executor->outputs()[0].get();
  static_cast<float*>(bound.arrays["a"]->data())[0] = 5;
  bound.executor->forward(false);
  CHECK(bound.output() == Values{20, 10});
  CHECK(bound.executor->outputs()[0].get() == output);
}

TEST_CASE("grad_req add accumulates over backward calls, null costs nothing") {
  const SymbolRef x = var("x");
  Bound add(apply("elemwise_add", "y", {x, x}), {{"x", array({1, 2})}}, MX_REQ_ADD);
  add.executor->forward(true);
  add.backward({array({1, 1})});
  add.backward({array({1, 1})});
  CHECK(values(add.gradients["x"]) == Values{14, 14});
  Bound none(apply("_test_no_gradient", "y", {x}), {{"x", array({1, 2})}}, MX_REQ_NULL);
  none.executor->forward(true);
  none.backward();
  CHECK(has(error_of([&] { Bound(apply("_test_no_gradient", "bad", {x}), {{"x", array({1, 2})}}); }),
            "[_test_no_gradient bad] has no gradient"));
}

TEST_CASE("losses need no head gradient, everything else does") {
  const SymbolRef x = var("x");
  const SymbolRef loss = apply("_test_loss", "loss", {x}), plain = apply("relu", "plain", {x});
  Bound only_loss(loss, {{"x", array({2, 3})}});
  only_loss.executor->forward(true);
  only_loss.backward();
  CHECK(values(only_loss.gradients["x"]) == Values{2, 3});
  only_loss.backward({array({50, 50})});
  CHECK(values(only_loss.gradients["x"]) == Values{2, 3});
  Bound both(group_of({loss, plain, apply("_test_stop", "stop", {x})}), {{"x", array({2, 3})}});
  CHECK(has(error_of([&] { both.backward(); }), "call forward"));
  both.executor->forward(true);
  CHECK(has(error_of([&] { both.backward(); }), "output 1 (plain_output) is not a loss"));
  CHECK(has(error_of([&] { both.backward({nullptr, array({1, 2, 3}), nullptr}); }), "shape (3,)"));
  CHECK(has(error_of([&] { both.backward({nullptr}); }), "got 1 head gradients for 3 outputs"));
  both.backward({nullptr, array({1, 1}), nullptr});
  CHECK(values(both.gradients["x"]) == Values{3, 4});
}

TEST_CASE("outputs may be variables, repeated, and inside the graph") {
  const SymbolRef x = var("x"), y = apply("relu", "y", {x}), z = apply("negative", "z", {y});
  Bound bound(group_of({x, y, z, y}), {{"x", array({1, -2})}});
  bound.executor->forward(false);
  CHECK(bound.output(0) == Values{1, -2});
  CHECK(bound.output(1) == Values{1, 0});
  CHECK(bound.output(2) == Values{-1, 0});
  CHECK(bound.executor->outputs()[1] == bound.executor->outputs()[3]);
  const NDArrayRef one = array({1, 1});
  bound.backward({one, one, one, array({5, 5})});
  CHECK(values(bound.gradients["x"]) == Values{6, 1});
}

TEST_CASE("the gradient of a variable that is an output is the head gradient; unused arguments get zero") {
  const SymbolRef x = var("x"), y = var("y");
  Bound bound(group_of({x, apply("_test_stop", "s", {y})}), {{"x", array({1, 2})}, {"y", array({1, 2})}});
  bound.executor->forward(true);
  bound.backward({array({3, 4}), nullptr});
  CHECK(values(bound.gradients["x"]) == Values{3, 4});
  CHECK(values(bound.gradients["y"]) == Values{0, 0});
}

TEST_CASE("auxiliary states change in training only") {
  Bound bound(apply("_test_count", "c", {var("x")}), {{"x", array({1, 2})}, {"c_count", array({0})}});
  bound.executor->forward(true);
  bound.executor->forward(true);
  bound.executor->forward(false);
  CHECK(values(bound.arrays["c_count"]) == Values{2});
  CHECK(bound.output() == Values{1, 2});
}

TEST_CASE("gradients agree with differences") {
  const SymbolRef x = var("x");
  const SymbolRef hidden = apply("_test_composite", "h",  // smooth: differences across a kink would be wrong
                                 {apply("FullyConnected", "fc1", {x}, {{"num_hidden", "5"}})});
  const SymbolRef square = apply("_test_nested", "n", {hidden});
  const SymbolRef symbol = apply("elemwise_mul", "m",
                                 {apply("FullyConnected", "fc2", {square}, {{"num_hidden", "3"}}),
                                  apply("FullyConnected", "fc3", {hidden}, {{"num_hidden", "3"}})});
  const unsigned seed = std::random_device{}();
  INFO("seed ", seed);
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-0.5f, 0.5f);
  const auto filled = [&](const Shape& shape) {
    Values list(static_cast<size_t>(shape.size()));
    for (float& value : list) value = uniform(random);
    return array(shape, list);
  };
  Bound bound(symbol, {{"x", filled({2, 4})},
                       {"fc1_weight", filled({5, 4})},
                       {"fc1_bias", filled({5})},
                       {"fc2_weight", filled({3, 5})},
                       {"fc2_bias", filled({3})},
                       {"fc3_weight", filled({3, 5})},
                       {"fc3_bias", filled({3})}});
  const NDArrayRef head = filled({2, 3});
  const auto objective = [&] {
    bound.executor->forward(true);
    double sum = 0;
    for (size_t i = 0; i < 6; ++i) sum += double(bound.output()[i]) * values(head)[i];
    return sum;
  };
  objective();
  bound.backward({head});
  for (const auto& [name, gradient] : bound.gradients) {
    INFO(name);
    float* data = static_cast<float*>(bound.arrays[name]->data());
    for (int64_t i = 0; i < gradient->size(); ++i) {
      const float before = data[i], step = 1e-2f;
      data[i] = before + step;
      const double above = objective();
      data[i] = before - step;
      const double below = objective();
      data[i] = before;
      CHECK(values(gradient)[static_cast<size_t>(i)] ==
            doctest::Approx((above - below) / (2 * step)).epsilon(0.05).scale(0.1));
    }
  }
}

TEST_CASE("reuse of memory changes no result on random graphs") {
  const unsigned seed = std::random_device{}();
  INFO("seed ", seed);
  std::mt19937 random(seed);
  size_t with = 0, without = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<SymbolRef> pool = {var("a"), var("b"), var("c")};
    const auto any = [&] { return pool[pool.size() - 1 - random() % std::min<size_t>(pool.size(), 6)]; };
    for (int i = 0; i < 25; ++i) {
      const std::string name = "n" + std::to_string(i);
      switch (random() % 7) {
        case 0:
          pool.push_back(apply("elemwise_add", name, {any(), any()}));
          break;
        case 1:
          pool.push_back(apply("elemwise_mul", name, {any(), any()}));
          break;
        case 2:
          pool.push_back(apply("relu", name, {any()}));
          break;
        case 3:
          pool.push_back(apply("negative", name, {any()}));
          break;
        case 4:
          pool.push_back(apply("_test_stop", name, {apply("_test_blur", name + "b", {any()})}));
          break;
        case 5:
          pool.push_back(output_of(*apply("_test_two", name, {any()}), static_cast<int>(random() % 2)));
          break;
        default:
          pool.push_back(apply("_test_composite", name, {any()}));
      }
      // Keep numbers in range: products of products explode.
      pool.back() = apply("_test_loss", name + "l", {apply("elemwise_mul", name + "m", {pool.back(), var("small")})});
      pool.back() = apply("relu", name + "r", {pool.back()});
    }
    const SymbolRef symbol = group_of({pool.back(), any(), any()});
    std::map<std::string, NDArrayRef> given;
    for (const Node* node : symbol->variables(Symbol::Variables::kArguments))
      given[node->name] = array(Shape{37}, {0.5f, -0.25f, 1.f, 0.125f, -1.f});
    std::map<std::string, NDArrayRef> copies;
    // "small" is many variables of one name: bind refuses that, so they become one.
    const SymbolRef small = var("small");
    const NamedInput one[] = {{"small", small.get()}};
    const bool has_small = given.count("small") != 0;
    const SymbolRef unified = has_small ? compose(*symbol, one) : symbol;
    Bound reused(unified, given, MX_REQ_WRITE, true), apart(unified, given, MX_REQ_WRITE, false);
    const NDArrayRef head = array(Shape{37}, {1, 2, -1});
    for (Bound* bound : {&reused, &apart}) {
      bound->executor->forward(true);
      bound->backward({head, head, head});
      bound->backward({head, head, head});  // once more: nothing that it needs may be lost
    }
    for (size_t i = 0; i < 3; ++i) CHECK(reused.output(i) == apart.output(i));
    for (const auto& [name, gradient] : reused.gradients) CHECK(values(gradient) == values(apart.gradients[name]));
    const auto arena = [](const Bound& bound) {
      const std::string text = bound.executor->describe();
      return std::stoul(text.substr(text.find("memory: ") + 8));
    };
    with += arena(reused), without += arena(apart);
  }
  CHECK(with < without / 2);
}

TEST_CASE("a chain of 20,000 nodes lives in the memory of one") {
  SymbolRef x = var("x");
  for (int i = 0; i < 20000; ++i) x = apply("negative", "r" + std::to_string(i), {x});
  Bound bound(x, {{"x", array({1, 2})}});
  bound.executor->forward(true);
  CHECK(bound.output() == Values{1, 2});
  bound.backward({array({1, 1})});
  CHECK(values(bound.gradients["x"]) == Values{1, 1});
  CHECK(has(bound.executor->describe(), "memory: 64 bytes"));
}

TEST_CASE("errors name the node; wrong bindings are refused") {
  const SymbolRef x = var("x");
  Bound failing(apply("_test_fail", "here", {x}), {{"x", array({1})}}, MX_REQ_NULL);
  CHECK(error_of([&] { failing.executor->forward(false); }) == "[_test_fail here] it failed");
  CHECK(has(error_of([&] { Bound(apply("elemwise_add", "s", {var("x"), var("x")}), {{"x", array({1})}}); }),
            "two variables are called x"));
  CHECK(has(
      error_of([&] { Bound(apply("elemwise_add", "s", {x, var("y")}), {{"x", array({1})}, {"y", array({1, 2})}}); }),
      "[elemwise_add s]"));
  CHECK(has(error_of([&] { Executor(*x, Binding{}); }), "got 0 arrays for the 1 arguments"));
}

TEST_CASE("shared gradient arrays and gradients over arguments are safe") {
  const SymbolRef a = var("a"), b = var("b");
  const SymbolRef symbol = apply("elemwise_mul", "p", {a, b});
  const NDArrayRef x = array({2, 3}), y = array({5, 7}), shared = array({0, 0});
  Binding binding{{}, {x, y}, {shared, shared}, {}, {MX_REQ_ADD, MX_REQ_ADD}};
  const auto executor = make_ref<Executor>(*symbol, binding);
  executor->forward(true);
  const NDArrayRef head = array({1, 1});
  NDArray* const heads[] = {head.get()};
  executor->backward(heads, true);
  CHECK(values(shared) == Values{7, 10});
  binding.gradients = {y, x};  // each gradient overwrites the other argument
  binding.requests = {MX_REQ_WRITE, MX_REQ_WRITE};
  const auto swapped = make_ref<Executor>(*symbol, binding);
  swapped->forward(true);
  swapped->backward(heads, true);
  CHECK(values(y) == Values{5, 7});
}

TEST_CASE("the monitor sees outputs, and inputs if asked") {
  const SymbolRef fc = apply("FullyConnected", "fc", {apply("relu", "r", {var("x")})}, {{"num_hidden", "1"}});
  Bound bound(
      fc, {{"x", array(Shape{1, 2}, {-1, 2})}, {"fc_weight", array(Shape{1, 2}, {1, 3})}, {"fc_bias", array({0.5f})}});
  std::vector<std::pair<std::string, Values>> seen;
  const auto callback = [](const char* name, MXNDArrayHandle array, void* context) {
    static_cast<decltype(seen)*>(context)->emplace_back(name, values(*reinterpret_cast<NDArray*>(array)));
  };
  bound.executor->set_monitor(callback, &seen, false);
  bound.executor->forward(false);
  CHECK(seen == decltype(seen){{"r_output", {0, 2}}, {"fc_output", {6.5f}}});
  seen.clear();
  bound.executor->set_monitor(callback, &seen, true);
  bound.executor->forward(false);
  std::vector<std::string> names;
  for (const auto& [name, data] : seen) names.push_back(name);
  CHECK(names.size() == 9);
  CHECK(std::count(names.begin(), names.end(), "fc_data") == 1);
  CHECK(std::count(names.begin(), names.end(), "x") == 1);
}
