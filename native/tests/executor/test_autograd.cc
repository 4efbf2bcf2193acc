#include <doctest/doctest.h>

#include <cmath>

#include "../graph/graphs.h"
#include "executor/autograd.h"
#include "executor/imperative.h"
#include "graph/json.h"

using namespace mx;
using namespace mx::testing;
using Values = std::vector<float>;

namespace {

struct Recording {
  explicit Recording(bool on = true) : before(autograd::mode()) { autograd::mode() = {on, on}; }
  ~Recording() { autograd::mode() = before; }
  autograd::Mode before;
};

NDArrayRef run(const char* op, const std::vector<NDArrayRef>& inputs, NDArrayRef out = nullptr) {
  const OpDef& def = get_op(op);
  const Params params = complete_params(def, {});
  std::vector<NDArray*> pointers;
  for (const NDArrayRef& input : inputs) pointers.push_back(input.get());
  std::vector<NDArrayRef> outputs(static_cast<size_t>(def.count_visible(params.data())));
  outputs[0] = out;
  invoke(def, params.data(), nullptr, pointers, outputs);
  return outputs[0];
}

NDArrayRef variable(const Values& values, int request = MX_REQ_WRITE) {
  NDArrayRef x = array(values);
  autograd::mark_variable(*x, array(Values(values.size(), 0)), request);
  return x;
}
Values gradient(const NDArrayRef& x) { return values(autograd::gradient_of(*x)); }

std::vector<NDArrayRef> backward(const NDArrayRef& head, const NDArrayRef& head_gradient = nullptr,
                                 const std::vector<NDArrayRef>& variables = {},
                                 autograd::BackwardOptions options = {}) {
  NDArray* const heads[] = {head.get()};
  NDArray* const gradients[] = {head_gradient.get()};
  std::vector<NDArray*> wanted;
  for (const NDArrayRef& x : variables) wanted.push_back(x.get());
  return autograd::backward(heads, gradients, wanted, options);
}

}  // namespace

TEST_CASE("gradients reach the marked variables") {
  const NDArrayRef x = variable({1, 2, 3}), y = variable({4, 5, 6}), c = array({10, 10, 10});
  NDArrayRef z;
  {
    const Recording recording;
    z = run("elemwise_mul", {run("elemwise_add", {run("elemwise_mul", {x, y}), x}), c});  // c * (x * y + x)
  }
  backward(z);
  CHECK(gradient(x) == Values{50, 60, 70});
  CHECK(gradient(y) == Values{10, 20, 30});
  CHECK(!autograd::gradient_of(*c));
}

TEST_CASE("requests write, add and null; head gradients") {
  const NDArrayRef x = variable({1, 2}, MX_REQ_ADD);
  for (int i = 0; i < 2; ++i) {
    NDArrayRef y;
    {
      const Recording recording;
      y = run("elemwise_add", {x, x});
    }
    backward(y, array({1, 10}));
  }
  CHECK(gradient(x) == Values{4, 40});
  autograd::mark_variable(*x, nullptr, MX_REQ_NULL);
  CHECK(!x->tape);
  CHECK(has(error_of([&] { autograd::mark_variable(*x, array({1, 2, 3}), MX_REQ_WRITE); }), "shape (3,)"));
}

TEST_CASE("a variable that nothing depends on gets zero") {
  const NDArrayRef x = variable({1, 2});
  autograd::gradient_of(*x);
  NDArrayRef y;
  {
    const Recording recording;
    y = run("_test_stop", {x});
  }
  std::fill_n(static_cast<float*>(autograd::gradient_of(*x)->data()), 2, 7.f);
  backward(y);
  CHECK(gradient(x) == Values{0, 0});
}

TEST_CASE("composite operators, several outputs and losses have gradients") {
  const NDArrayRef x = variable({1, 2, 3});
  NDArrayRef y;
  {
    const Recording recording;
    y = run("_test_nested", {x});
  }
  backward(y);
  CHECK(gradient(x) == Values{4, 6, 8});
  {
    const Recording recording;
    y = run("_test_two", {x});
  }
  backward(y);
  CHECK(gradient(x) == Values{1, 1, 1});
  {
    const Recording recording;
    y = run("_test_loss", {x});
  }
  backward(y, array({100, 100, 100}));
  CHECK(gradient(x) == Values{1, 2, 3});
}

TEST_CASE("gradients that nobody wants are not computed") {
  const NDArrayRef x = variable({1}), y = variable({1}), c = array({1});
  NDArrayRef both, one;
  {
    const Recording recording;
    both = run("_test_pair", {x, y});
    one = run("_test_pair", {c, y});
  }
  backward(both);
  CHECK(gradient(x) == Values{1});
  CHECK(gradient(y) == Values{2});
  backward(one);
  CHECK(gradient(y) == Values{12});
}

TEST_CASE("gradients of gradients") {
  const NDArrayRef x = variable({2, 3});
  const Recording recording;
  const NDArrayRef cube = run("elemwise_mul", {run("elemwise_mul", {x, x}), x});
  const NDArrayRef first = backward(cube, nullptr, {x}, {.create_graph = true})[0];
  CHECK(values(first) == Values{12, 27});
  const NDArrayRef second = backward(first, nullptr, {x}, {.create_graph = true})[0];
  CHECK(values(second) == Values{12, 18});
  backward(second);
  CHECK(gradient(x) == Values{6, 6});
}

TEST_CASE("history is gone after backward unless it is retained") {
  const NDArrayRef x = variable({2});
  NDArrayRef y;
  {
    const Recording recording;
    y = run("elemwise_mul", {x, x});
  }
  backward(y, nullptr, {}, {.retain_graph = true});
  backward(y);
  CHECK(gradient(x) == Values{4});
  CHECK(has(error_of([&] { backward(y); }), "retain_graph=True"));
}

TEST_CASE("a saved array that was overwritten is noticed only when it is needed") {
  const NDArrayRef x = variable({2}), c = array({5});
  NDArrayRef product, sum;
  {
    const Recording recording;
    product = run("elemwise_mul", {x, c});
    sum = run("elemwise_add", {x, c});
  }
  run("elemwise_add", {c, c}, c);
  backward(sum);
  CHECK(gradient(x) == Values{1});
  const std::string text = error_of([&] { backward(product); });
  CHECK(has(text, "[elemwise_mul]"));
  CHECK(has(text, "was written after it was recorded"));
}

TEST_CASE("recorded arrays cannot be overwritten while recording, and strangers to the tape are refused") {
  const NDArrayRef x = variable({2});
  {
    const Recording recording;
    CHECK(has(error_of([&] { run("elemwise_add", {x, x}, x); }), "while recording"));
  }
  CHECK(has(error_of([&] { backward(array({1})); }), "attach_grad"));
  NDArrayRef y;
  {
    const Recording recording;
    y = run("_test_no_gradient", {x});
  }
  CHECK(has(error_of([&] { backward(y); }), "has no gradient"));
  CHECK(autograd::detach(*x)->tape == nullptr);
  CHECK(autograd::detach(*x)->data() == x->data());
}

TEST_CASE("a user's function") {
  struct Calls {
    int backward = 0, released = 0;
  } calls;
  const NDArrayRef x = variable({3});
  NDArrayRef y = array({9}), z;
  {
    const Recording recording;
    NDArray* const inputs[] = {x.get()};
    autograd::record_function(
        inputs, {&y, 1},
        {[](void* context, const MXNDArrayHandle* heads, int, MXNDArrayHandle* gradients, int, char*, size_t) {
           ++static_cast<Calls*>(context)->backward;
           const float head = values(*reinterpret_cast<NDArray*>(heads[0]))[0];
           gradients[0] = reinterpret_cast<MXNDArrayHandle>(array({head * 6}).detach());
           return 0;
         },
         &calls, [](void* context) { ++static_cast<Calls*>(context)->released; }});
    z = run("elemwise_add", {y, y});
  }
  backward(z);
  CHECK(gradient(x) == Values{12});
  CHECK(calls.backward == 1);
  CHECK(calls.released == 1);
}

TEST_CASE("the tape as a symbol") {
  const NDArrayRef x = variable({3}), c = array({2});
  const Recording recording;
  const NDArrayRef y = run("elemwise_add", {run("elemwise_mul", {x, c}), c});
  const SymbolRef symbol = autograd::get_symbol(*y);
  CHECK(symbol->output_names() == std::vector<std::string>{"elemwise_add0_output"});
  CHECK(symbol->variables(Symbol::Variables::kArguments).size() == 2);
  CHECK(to_json(*from_json(to_json(*symbol))) == to_json(*symbol));
}

TEST_CASE("a tape of 20,000 steps") {
  const NDArrayRef x = variable({1});
  NDArrayRef y = x;
  {
    const Recording recording;
    for (int i = 0; i < 20000; ++i) y = run("elemwise_add", {y, x});
  }
  backward(y, nullptr, {}, {.retain_graph = true});
  CHECK(gradient(x) == Values{20001});
  y = nullptr;
}
