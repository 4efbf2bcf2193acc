#include <doctest/doctest.h>

#include <random>

#include "graph/json.h"
#include "graphs.h"
#include "recorded.h"

using namespace mx;
using namespace mx::testing;
using Names = std::vector<std::string>;

namespace {

SymbolRef recorded() {
  const SymbolRef data = var("data", {{"__shape__", "(0, 3)"}, {"__lr_mult__", "2.0"}});
  const SymbolRef fc = apply("FullyConnected", "fc1", {data}, {{"num_hidden", "4"}, {"__lr_mult__", "2"}});
  const SymbolRef bn = apply("BatchNorm", "bn1", {fc});
  const SymbolRef act = apply("Activation", "a \"quoted\"\\\n\t", {bn}, {{"act_type", "relu"}});
  const SymbolRef slice = apply("SliceChannel", "sl", {act}, {{"num_outputs", "2"}});
  std::vector<SymbolRef> parts = {output_of(*slice, 1), output_of(*slice, 0)};
  for (int i = 0; i < 8; ++i) parts.push_back(var("x" + std::to_string(i)));
  parts.push_back(output_of(*slice, 0));
  parts.push_back(act);
  return group_of({apply("Concat", "cc", parts), apply("_plus_scalar", "_plusscalar0", {act}, {{"scalar", "1.5"}}),
                   apply("elemwise_mul", "_mul0", {bn, fc}), apply("SoftmaxOutput", "softmax", {act})});
}

// A file with one variable and one operator node, the rest of which is given.
std::string file(const std::string& node, const std::string& attrs = "{\"mxnet_version\": [\"int\", 10901]}") {
  return R"({"nodes": [{"op": "null", "name": "x", "inputs": []}, )" + node +
         R"(], "arg_nodes": [0], "heads": [[1, 0, 0]], )" + "\"attrs\": " + attrs + "}";
}
std::string message(const std::string& text) {
  return error_of([&] { from_json(text); });
}

}  // namespace

TEST_CASE("the text of 1.9.1 is written and read byte for byte") {
  CHECK(to_json(*recorded()) == kRecordedSymbol);
  CHECK(to_json(*from_json(kRecordedSymbol)) == kRecordedSymbol);
  CHECK(to_json(*var("x")) ==
        "{\n  \"nodes\": [\n    {\n      \"op\": \"null\", \n      \"name\": \"x\", \n      \"inputs\": []\n    }\n  "
        "], \n"
        "  \"arg_nodes\": [0], \n  \"node_row_ptr\": [0, 1], \n  \"heads\": [[0, 0, 0]], \n"
        "  \"attrs\": {\"mxnet_version\": [\"int\", 10901]}\n}");
}

TEST_CASE("a variable that is written twice counts its versions") {
  const SymbolRef first = apply("BatchNorm", "bn", {var("x")});
  const SymbolRef mean = make_ref<Symbol>(std::vector<Entry>{{first->outputs[0].node->inputs[3].node}});
  const std::vector<NamedInput> inputs = {{nullptr, first.get()}, {"moving_mean", mean.get()}};
  const SymbolRef second = create_symbol(get_op("BatchNorm"), "bn2", {}, inputs);
  CHECK(has(to_json(*second), "\"inputs\": [[5, 0, 0], [6, 0, 0], [7, 0, 0], [3, 0, 2], [8, 0, 1]]"));
}

TEST_CASE("files before 0.9: param, attr, two-number entries, missing auxiliary states") {
  const SymbolRef old = from_json(R"({"nodes": [
    {"op": "null", "param": {}, "name": "data", "inputs": [], "backward_source_id": -1, "attr": {"lr_mult": "0.5"}},
    {"op": "null", "param": {}, "name": "fc_weight", "inputs": [], "backward_source_id": -1},
    {"op": "FullyConnected", "param": {"no_bias": "True", "num_hidden": "4"}, "name": "fc",
     "inputs": [[0, 0], [1, 0]], "backward_source_id": -1, "attr": {"weight_lr_mult": "3", "wd_mult": "2", "foo_lr_mult": "9"}},
    {"op": "null", "param": {}, "name": "bn_gamma", "inputs": [], "backward_source_id": -1},
    {"op": "null", "param": {}, "name": "bn_beta", "inputs": [], "backward_source_id": -1},
    {"op": "BatchNorm", "param": {"eps": "0.001"}, "name": "bn", "inputs": [[2, 0], [3, 0], [4, 0]], "backward_source_id": -1}],
    "arg_nodes": [0, 1, 3, 4], "heads": [[5, 0]]})");
  CHECK(names(*old, Symbol::Variables::kAuxiliary) == Names{"bn_moving_mean", "bn_moving_var"});
  const Node& bn = *old->outputs[0].node;
  CHECK(bn.inputs[3].node->attrs == AttrMap{{"__init__", "[\"zero\", {}]"}, {"eps", "0.001"}});
  const Node& fc = *bn.inputs[0].node;
  CHECK(fc.attrs == AttrMap{{"__wd_mult__", "2"}, {"foo_lr_mult", "9"}, {"no_bias", "True"}, {"num_hidden", "4"}});
  CHECK(fc.inputs[1].node->attrs == AttrMap{{"__lr_mult__", "3"}});
  CHECK(fc.inputs[0].node->attrs == AttrMap{{"__lr_mult__", "0.5"}});
}

TEST_CASE("aliases are read and canonical names are written") {
  const std::string add = R"({"op": "_plus", "name": "s", "inputs": [[0, 0, 0], [0, 0, 0]]})";
  CHECK(has(to_json(*from_json(file(add))), "\"op\": \"elemwise_add\""));
}

TEST_CASE("files that are no symbols are refused, with line and column") {
  const std::string relu = R"({"op": "relu", "name": "r", "inputs": [[0, 0, 0]]})";
  REQUIRE(message(file(relu)).empty());
  CHECK(has(message(""), "line 1, column 1"));
  CHECK(has(message("{\n  \"nodes\": [\n    oops"), "line 3, column 5"));
  CHECK(has(message(file(relu) + "x"), "more text"));
  CHECK(has(message(file(relu).substr(0, 60)), "the text ends too early"));
  CHECK(has(message("{\"nodes\": [], \"nodes\": []}"), "stands twice"));
  CHECK(has(message(std::string(100000, '[')), "nested deeper"));
  CHECK(has(message("{\"a\": \"\\ud800\"}"), "surrogate"));
  CHECK(has(message("[1]"), "must be an object"));
  CHECK(has(message("{\"nodes\": []}"), "\"heads\" is missing"));
  CHECK(has(message("{\"nodes\": [], \"heads\": []}"), "heads is empty"));
  CHECK(has(message("{\"nodes\": [], \"heads\": [], \"more\": 1}"), "unknown key \"more\""));
  CHECK(has(message(file(R"({"op": "relu", "name": "r", "inputs": [[1, 0, 0]]})")), "without cycles"));
  CHECK(has(message(file(R"({"op": "relu", "name": "r", "inputs": [[7, 0, 0]]})")), "without cycles"));
  CHECK(has(message(file(R"({"op": "relu", "name": "r", "inputs": [[0, 1, 0]]})")), "is output 1 of variable x"));
  CHECK(has(message(file(R"({"op": "relu", "name": "r", "inputs": [[-1, 0, 0]]})")), "integer from 0"));
  CHECK(
      has(message(file(R"({"op": "relu", "name": "r", "inputs": [[99999999999999999999, 0, 0]]})")), "integer from 0"));
  CHECK(has(message(file(R"({"op": "relu", "name": "r", "inputs": [[0]]})")), "[node, output, version]"));
  CHECK(has(message(file(R"({"op": "relu", "name": "r", "inputs": []})")), "has 0 inputs, but it takes 1"));
  CHECK(has(message(file(R"({"op": "rleu", "name": "r", "inputs": [[0, 0, 0]]})")), "rleu"));
  CHECK(has(message(file(R"({"op": "relu", "name": "r", "inputs": [[0, 0, 0]], "colour": 1})")),
            "unknown key \"colour\""));
  CHECK(has(message(file(R"({"op": "relu", "name": "r", "inputs": [[0, 0, 0]], "attrs": {"foo": "1"}})")), "foo"));
  CHECK(has(message(file(R"({"op": "relu", "name": "r", "inputs": [[0, 0, 0]], "attrs": {"foo": 1}})")),
            "must be a string"));
  CHECK(has(message(file(R"({"op": "relu", "name": 5, "inputs": [[0, 0, 0]]})")), "name must be a string"));
  CHECK(has(message(file(R"({"op": "null", "name": "y", "inputs": [[0, 0, 0]]})")), "has inputs"));
  CHECK(
      has(message(file(R"({"op": "Concat", "name": "c", "inputs": [[0, 0, 0]], "attrs": {"num_args": "2000000000"}})")),
          "[Concat c]"));
  CHECK(
      has(message(file(R"({"op": "relu", "name": "r", "inputs": [[0, 0, 0]], "subgraphs": [{}]})")), "not supported"));
  CHECK(has(message(file(relu, "{\"mxnet_version\": [\"float\", 1]}")), "unknown type"));
}

TEST_CASE("no damaged file crashes the reader") {
  const unsigned seed = std::random_device{}();
  INFO("seed ", seed);
  std::mt19937 random(seed);
  const std::string good = kRecordedSymbol;
  const std::string letters = "[]{}\",:0123456789-eE.\\untfal ";
  for (int i = 0; i < 2000; ++i) {
    std::string text = good;
    for (int k = 0; k < 1 + i % 4; ++k) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = letters[random() % letters.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 40);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 40));
      }
    }
    try {
      const SymbolRef symbol = from_json(text);
      CHECK(to_json(*from_json(to_json(*symbol))) == to_json(*symbol));
    } catch (const Error& error) {
      CHECK(*error.what() == '[');
    }
  }
}
