#include <doctest/doctest.h>

#include "graph/compose.h"
#include "graph/infer.h"
#include "graphs.h"

using namespace mx;
using namespace mx::testing;

namespace {

// What is known of variables, by name, and after inference.
struct Shapes {
  explicit Shapes(const SymbolRef& symbol) : symbol(symbol), graph(symbol->outputs), entries(graph.num_entries()) {
    for (int id : graph.variables) entries[graph.first_entry[id]] = declared_shape(*graph.nodes[id]);
  }
  Shape& operator[](const std::string& name) {
    for (size_t i = 0; i < graph.nodes.size(); ++i)
      if (graph.nodes[i]->name == name) return entries[graph.first_entry[i]];
    throw std::out_of_range(name);
  }
  void solve() { infer_shapes(graph, entries); }

  SymbolRef symbol;
  IndexedGraph graph;
  std::vector<Shape> entries;
};

}  // namespace

TEST_CASE("shapes spread from data to parameters and outputs") {
  Shapes shapes(apply("FullyConnected", "fc", {apply("relu", "r", {var("data")})}, {{"num_hidden", "4"}}));
  shapes["data"] = Shape{2, 3};
  shapes.solve();
  CHECK(shapes["fc_weight"] == Shape{4, 3});
  CHECK(shapes["fc_bias"] == Shape{4});
  CHECK(shapes["fc"] == Shape{2, 4});
}

TEST_CASE("shapes spread backwards and dimension by dimension") {
  const SymbolRef a = var("a", {{"__shape__", "(0, 3)"}}), b = var("b");
  Shapes shapes(apply("relu", "r2", {apply("elemwise_add", "s", {apply("relu", "r1", {a}), b})}));
  CHECK(shapes["a"] == Shape{-1, 3});
  shapes["r2"] = Shape{5, -1};
  shapes.solve();
  for (const char* name : {"a", "b", "r1", "s", "r2"}) CHECK(shapes[name] == Shape{5, 3});
}

TEST_CASE("what is unknown stays unknown") {
  Shapes shapes(apply("FullyConnected", "fc", {var("data")}, {{"num_hidden", "4"}}));
  shapes["data"] = Shape{-1, 3};
  shapes.solve();
  CHECK(shapes["fc_weight"] == Shape{4, 3});
  CHECK(shapes["fc"] == Shape{-1, 4});
  Shapes nothing(apply("relu", "r", {var("data", {{"__shape__", "()"}})}));
  nothing.solve();
  CHECK(!nothing["data"].rank_known());
}

TEST_CASE("a contradiction names the node, the operator and the shapes") {
  Shapes shapes(apply("elemwise_add", "total", {var("a"), var("b")}));
  shapes["a"] = Shape{2, 3};
  shapes["b"] = Shape{2, 4};
  const std::string text = error_of([&] { shapes.solve(); });
  CHECK(has(text, "[elemwise_add total]"));
  CHECK(has(text, "(2, 3)"));
  CHECK(has(text, "(2, 4)"));
}

TEST_CASE("one variable at two inputs") {
  const SymbolRef x = var("x");
  Shapes shapes(apply("elemwise_add", "s", {x, x}));
  shapes["s"] = Shape{7};
  shapes.solve();
  CHECK(shapes["x"] == Shape{7});
}

TEST_CASE("dtypes spread both ways and never change silently") {
  const SymbolRef sum = apply("elemwise_add", "s", {var("a"), var("b", {{"__dtype__", "1"}})});
  const IndexedGraph graph(sum->outputs);
  std::vector<DType> dtypes(graph.num_entries(), DType::kUnknown);
  dtypes[graph.first_entry[graph.variables[1]]] = declared_dtype(*graph.nodes[graph.variables[1]]);
  infer_dtypes(graph, dtypes);
  for (const DType dtype : dtypes) CHECK(dtype == DType::kFloat64);
  dtypes[graph.first_entry[graph.variables[0]]] = DType::kFloat32;
  CHECK(has(error_of([&] { infer_dtypes(graph, dtypes); }), "[elemwise_add s]"));
  CHECK(declared_dtype(*var("v", {{"__dtype__", "float16"}})->outputs[0].node) == DType::kFloat16);
  CHECK(has(error_of([] { declared_dtype(*var("v", {{"__dtype__", "99"}})->outputs[0].node); }), "99"));
}

TEST_CASE("composite operators infer on their expansion, both ways") {
  const OpDef& op = get_op("_test_nested");
  const NoParam none;
  Shape in[1], out[1] = {Shape{3, 4}};
  infer_shapes(op, &none, in, out);
  CHECK(in[0] == Shape{3, 4});
  DType dtype_in[1] = {DType::kFloat64}, dtype_out[1] = {DType::kUnknown};
  infer_dtypes(op, &none, dtype_in, dtype_out);
  CHECK(dtype_out[0] == DType::kFloat64);
  const auto expanded = expand_composites(apply("_test_nested", "n", {var("x")})->outputs);
  CHECK(expanded[0].node->name == "n");
  for (const Node* node : topological_order(expanded)) CHECK((node->is_variable() || !is_composite(*node->op)));
  CHECK(topological_order(expanded).size() == 4);
}

TEST_CASE("inference on a chain of 20,000 nodes") {
  SymbolRef x = var("x");
  for (int i = 0; i < 20000; ++i) x = apply("relu", "r" + std::to_string(i), {x});
  Shapes shapes(x);
  shapes["r19999"] = Shape{2};
  shapes.solve();
  CHECK(shapes["x"] == Shape{2});
}
