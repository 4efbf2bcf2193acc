#include "graph/infer.h"

#include <algorithm>

#include "mx/base/wished_shape.h"
#include "mx/params.h"

namespace mx {
namespace {

inline bool is_known(const Shape& shape) { return shape.known(); }
inline bool is_known(DType dtype) { return dtype != DType::kUnknown; }

void run(const Node& node, std::span<Shape> in, std::span<Shape> out) {
  infer_shapes(*node.op, node.params.data(), in, out);
}
void run(const Node& node, std::span<DType> in, std::span<DType> out) {
  infer_dtypes(*node.op, node.params.data(), in, out);
}

template <class T>
std::string surroundings(const Node& node, std::span<const T> in, std::span<const T> out) {
  std::string text = "; inputs:";
  for (size_t i = 0; i < in.size(); ++i)
    text += str(i ? ", " : " ", node.op->input_name(static_cast<int>(i)), " ", in[i]);
  text += "; outputs:";
  for (size_t i = 0; i < out.size(); ++i) text += str(i ? ", " : " ", out[i]);
  return text;
}

template <class T>
class FixedPoint {
 public:
  FixedPoint(const IndexedGraph& graph, std::vector<T>& entries) : graph_(graph), entries_(entries) {
    settled_.resize(graph.nodes.size());
  }

  void solve() {
    const int count = static_cast<int>(graph_.nodes.size());
    bool changed = true;
    while (changed) {
      changed = false;
      for (int i = 0; i < count; ++i) changed = visit(i) || changed;
      for (int i = count - 1; i >= 0; --i) changed = visit(i) || changed;
    }
  }

 private:
  // True when something became known.
  bool visit(int id) {
    const Node& node = *graph_.nodes[id];
    if (settled_[id] || node.is_variable()) return false;
    const auto input_ids = graph_.inputs_of(id);
    const int first = graph_.first_entry[id], num_outputs = graph_.num_outputs_of(id);
    in_.clear();
    for (int entry : input_ids) in_.push_back(entries_[entry]);
    out_.assign(entries_.begin() + first, entries_.begin() + first + num_outputs);
    try {
      run(node, in_, out_);
    } catch (const Error& error) {
      in_.clear();  // as it was before, not half-way through
      for (int entry : input_ids) in_.push_back(entries_[entry]);
      const std::span<const T> outputs(entries_.data() + first, num_outputs);
      throw with_node(Error(error.kind(), error.what() + surroundings<T>(node, in_, outputs)), node);
    }
    bool changed = false, known = true;
    for (size_t i = 0; i < input_ids.size(); ++i) {
      // One entry may stand at several inputs: each copy may know something else.
      T& entry = entries_[input_ids[i]];
      if (!(entry == in_[i])) changed = true, merge(entry, in_[i], node);
      known = known && is_known(entry);
    }
    for (int i = 0; i < num_outputs; ++i) {
      T& entry = entries_[first + i];
      if (!(entry == out_[i])) changed = true, entry = out_[i];
      known = known && is_known(entry);
    }
    settled_[id] = known && !changed;
    return changed;
  }

  static void merge(Shape& into, const Shape& from, const Node& node) {
    MX_CHECK(unify(into, from), kValue, "[", node.label(), "] needs one input to have the shapes ", into, " and ",
             from);
  }
  static void merge(DType& into, const DType& from, const Node& node) {
    if (into == DType::kUnknown) into = from;
    MX_CHECK(into == from || from == DType::kUnknown, kType, "[", node.label(), "] needs one input to be ", into,
             " and ", from);
  }

  const IndexedGraph& graph_;
  std::vector<T>& entries_;
  std::vector<bool> settled_;
  std::vector<T> in_, out_;
};

}  // namespace

void infer_shapes(const IndexedGraph& graph, std::vector<Shape>& entries) { FixedPoint<Shape>(graph, entries).solve(); }

void infer_dtypes(const IndexedGraph& graph, std::vector<DType>& entries) { FixedPoint<DType>(graph, entries).solve(); }

Shape declared_shape(const Node& variable) {
  Shape shape;
  const auto found = variable.attrs.find("__shape__");
  if (found == variable.attrs.end()) return shape;
  FieldType<Shape>::parse(shape, Field{"__shape__"}, found->second, variable.label());
  return wished_shape(shape);
}

DType declared_dtype(const Node& variable) {
  const auto found = variable.attrs.find("__dtype__");
  if (found == variable.attrs.end()) return DType::kUnknown;
  const std::string& text = found->second;
  const bool number = !text.empty() && text.size() < 4 && text.find_first_not_of("-0123456789") == std::string::npos;
  if (!number) return parse_dtype(text);
  const int32_t flag = text.find('-', 1) == std::string::npos && text != "-" ? std::stoi(text) : -2;
  if (flag == -1) return DType::kUnknown;
  MX_CHECK(is_valid_dtype(flag), kType, "[", variable.label(), "] __dtype__ is ", text, ", which is no dtype");
  return static_cast<DType>(flag);
}

}  // namespace mx
