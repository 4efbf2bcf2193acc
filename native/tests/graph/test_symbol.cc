#include <doctest/doctest.h>

#include "graphs.h"

using namespace mx;
using namespace mx::testing;
using Names = std::vector<std::string>;
using enum Symbol::Variables;

namespace {
SymbolRef mlp() { return apply("FullyConnected", "fc", {var("data")}, {{"num_hidden", "3"}, {"lr_mult", "2"}}); }
}  // namespace

TEST_CASE("inputs that are not given become variables with a copy of the attributes") {
  const SymbolRef fc = mlp();
  CHECK(names(*fc, kArguments) == Names{"data", "fc_weight", "fc_bias"});
  CHECK(fc->output_names() == Names{"fc_output"});
  CHECK(*fc->attribute("lr_mult") == "2");
  CHECK(*fc->attribute("__lr_mult__") == "2");
  CHECK(fc->attribute("foo") == nullptr);
  const Node& weight = *fc->outputs[0].node->inputs[1].node;
  CHECK(weight.attrs == AttrMap{{"num_hidden", "3"}, {"__lr_mult__", "2"}});
  const SymbolRef no_bias = apply("FullyConnected", "fc", {var("data")}, {{"num_hidden", "3"}, {"no_bias", "True"}});
  CHECK(names(*no_bias, kArguments) == Names{"data", "fc_weight"});
}

TEST_CASE("auxiliary states are the variables that an operator writes") {
  const SymbolRef bn = apply("BatchNorm", "bn", {var("data")});
  CHECK(names(*bn, kArguments) == Names{"data", "bn_gamma", "bn_beta"});
  CHECK(names(*bn, kAuxiliary) == Names{"bn_moving_mean", "bn_moving_var"});
  CHECK(names(*bn, kAll).size() == 5);
  CHECK(internals_of(*bn)->output_names() ==
        Names{"data", "bn_gamma", "bn_beta", "bn_moving_mean", "bn_moving_var", "bn_output"});
  CHECK(apply("BatchNorm", "bn", {var("data")}, {{"output_mean_var", "True"}})->output_names() ==
        Names{"bn_output", "bn_mean", "bn_var"});
  const auto wrong = error_of([] {
    const SymbolRef x = var("x"), y = apply("relu", "y", {x});
    const std::vector<NamedInput> inputs = {{nullptr, x.get()}, {"moving_mean", y.get()}};
    create_symbol(get_op("BatchNorm"), "bn", {}, inputs);
  });
  CHECK(has(wrong, "[BatchNorm bn]"));
  CHECK(has(wrong, "moving_mean"));
  CHECK(has(wrong, "must be a variable"));
}

TEST_CASE("variadic operators count their inputs") {
  const SymbolRef c = apply("Concat", "c", {var("a"), var("b")});
  CHECK(*c->attribute("num_args") == "2");
  CHECK(names(*apply("Concat", "c", {var("a")}, {{"num_args", "3"}}), kArguments) == Names{"a", "c_arg1", "c_arg2"});
  CHECK(has(error_of([] { apply("Concat", "c", {var("a"), var("b")}, {{"num_args", "1"}}); }), "more inputs"));
}

TEST_CASE("outputs are named and chosen") {
  const SymbolRef s = apply("SliceChannel", "s", {var("x")}, {{"num_outputs", "3"}});
  CHECK(s->output_names() == Names{"s_output0", "s_output1", "s_output2"});
  CHECK(output_of(*s, 1)->output_names() == Names{"s_output1"});
  CHECK(has(error_of([&] { output_of(*s, 3); }), "there are 3"));
  CHECK(has(error_of([&] { apply("relu", "r", {s}); }), "has 3 outputs"));
  const SymbolRef g = group_of({s, var("y")});
  CHECK(g->output_names() == Names{"s_output0", "s_output1", "s_output2", "y"});
  CHECK(g->single_node() == nullptr);
  CHECK(s->single_node()->name == "s");
}

TEST_CASE("compose replaces variables by name in a copy") {
  const SymbolRef fc = mlp(), inner = apply("relu", "r", {var("a")});
  const NamedInput by_name[] = {{"data", inner.get()}};
  CHECK(names(*compose(*fc, by_name), kArguments) == Names{"a", "fc_weight", "fc_bias"});
  CHECK(names(*fc, kArguments) == Names{"data", "fc_weight", "fc_bias"});
  const NamedInput by_position[] = {{nullptr, inner.get()}};
  CHECK(names(*compose(*fc, by_position), kArguments) == Names{"a", "fc_weight", "fc_bias"});
  const NamedInput unknown[] = {{"zz", inner.get()}};
  CHECK(has(error_of([&] { compose(*fc, unknown); }), "it has data, fc_weight, fc_bias"));
  const SymbolRef bn = apply("BatchNorm", "bn", {var("x")});
  const NamedInput aux[] = {{"bn_moving_mean", inner.get()}};
  CHECK(has(error_of([&] { compose(*bn, aux); }), "must be a variable"));
}

TEST_CASE("wrong calls are refused with advice") {
  CHECK(
      has(error_of([] { apply("relu", "r", {var("a"), var("b")}); }), "[relu r] got more inputs than the 1 it takes"));
  CHECK(has(error_of([] { apply("FullyConnected", "fc", {var("a")}); }), "[FullyConnected fc]"));
  CHECK(
      has(error_of([] { apply("FullyConnected", "fc", {var("a")}, {{"bogus", "1"}, {"num_hidden", "3"}}); }), "bogus"));
  CHECK(has(error_of([] { apply("FullyConnected", "fc", {var("a")}, {{"num_hidden", "3"}, {"weight_lr_mult", "1"}}); }),
            "set lr_mult on the variable instead"));
  const SymbolRef x = var("x");
  const std::vector<NamedInput> twice = {{nullptr, x.get()}, {"lhs", x.get()}};
  CHECK(has(error_of([&] { create_symbol(get_op("elemwise_add"), "s", {}, twice); }), "given twice"));
  const std::vector<NamedInput> unknown = {{"foo", x.get()}};
  CHECK(has(error_of([&] { create_symbol(get_op("elemwise_add"), "s", {}, unknown); }), "no input called foo"));
}

TEST_CASE("attributes are listed under both names, and parameters can be changed") {
  const SymbolRef fc = mlp();
  const auto list = fc->attributes(false);
  CHECK(std::count(list.begin(), list.end(), std::pair<std::string, std::string>{"lr_mult", "2"}) == 1);
  CHECK(std::count(list.begin(), list.end(), std::pair<std::string, std::string>{"__lr_mult__", "2"}) == 1);
  const auto deep = fc->attributes(true);
  CHECK(std::count(deep.begin(), deep.end(), std::pair<std::string, std::string>{"fc_bias$lr_mult", "2"}) == 1);
  fc->set_attribute("num_hidden", "7");
  CHECK(fc->outputs[0].node->params.format().at("num_hidden") == "7");
  CHECK(!error_of([&] { fc->set_attribute("num_hidden", "many"); }).empty());
  CHECK(*fc->attribute("num_hidden") == "7");
}

TEST_CASE("copies share nothing") {
  const SymbolRef fc = mlp(), copy = deep_copy(*fc);
  copy->set_attribute("__note__", "here");
  CHECK(fc->attribute("__note__") == nullptr);
  CHECK(names(*copy, kAll) == names(*fc, kAll));
  CHECK(children_of(*fc)->output_names() == Names{"data", "fc_weight", "fc_bias"});
  CHECK(!children_of(*var("x")));
}

TEST_CASE("a chain of 20,000 nodes is built, copied and destroyed without deep recursion") {
  SymbolRef x = var("x");
  for (int i = 0; i < 20000; ++i) x = apply("relu", "r" + std::to_string(i), {x});
  CHECK(internals_of(*x)->outputs.size() == 20001);
  CHECK(names(*deep_copy(*x), kArguments) == Names{"x"});
}
