#include "graph/infer.h"

#include "c_api/guard.h"
#include "graph/symbol.h"

using namespace mx;

namespace {

inline bool is_known(const Shape& shape) { return shape.known(); }
inline bool is_known(DType dtype) { return dtype != DType::kUnknown; }

bool merge(Shape& into, const Shape& from) { return unify(into, from); }
bool merge(DType& into, DType from) {
  if (into == DType::kUnknown) into = from;
  return from == DType::kUnknown || into == from;
}

template <class T>
struct Inferred {
  std::vector<T> arguments, outputs, auxiliary;
  bool complete = true;

  void add(std::vector<T>& list, const T& value) {
    list.push_back(value);
    complete = complete && is_known(value);
  }
};

template <class T>
Inferred<T> infer(const Symbol& symbol, const char* const* names, std::span<const T> given, bool partial,
                  const T& unknown, T (*declared)(const Node&), void (*solve)(const IndexedGraph&, std::vector<T>&)) {
  const IndexedGraph graph(symbol.outputs);
  std::vector<T> entries(static_cast<size_t>(graph.num_entries()), unknown);
  for (const int id : graph.variables) entries[graph.first_entry[id]] = declared(*graph.nodes[id]);
  const std::vector<Node*> arguments = symbol.variables(Symbol::Variables::kArguments);
  const std::vector<Node*> auxiliary = symbol.variables(Symbol::Variables::kAuxiliary);
  const auto entry_of = [&](const Node* node) -> T& { return entries[graph.first_entry[graph.node_id(node)]]; };
  // What is given overrules what the variable declares, as far as it is known.
  const auto set = [&](const Node* node, T value) {
    T& entry = entry_of(node);
    if (merge(value, entry) || is_known(value)) entry = value;
  };
  std::unordered_map<std::string_view, std::vector<const Node*>> by_name;
  for (const auto* list : {&arguments, &auxiliary})
    for (const Node* node : *list) by_name[node->name].push_back(node);
  for (size_t i = 0; i < given.size(); ++i) {
    if (!names) {
      MX_CHECK(i < arguments.size(), kValue, "[Symbol.infer] got ", given.size(), " values for ", arguments.size(),
               " arguments");
      set(arguments[i], given[i]);
      continue;
    }
    const auto found = by_name.find(names[i]);
    if (found != by_name.end()) {
      for (const Node* node : found->second) set(node, given[i]);
    } else if (!partial) {
      std::string list;
      for (const Node* node : arguments) list += (list.empty() ? "" : ", ") + node->name;
      raise(ErrorKind::kValue, "[Symbol.infer] there is no argument called ", names[i], "; the arguments are ", list);
    }
  }
  solve(graph, entries);
  Inferred<T> result;
  for (const Node* node : arguments) result.add(result.arguments, entry_of(node));
  for (const int head : graph.heads) result.add(result.outputs, entries[head]);
  for (const Node* node : auxiliary) result.add(result.auxiliary, entry_of(node));
  return result;
}

std::vector<MXShapeView> views(const std::vector<Shape>& shapes) {
  std::vector<MXShapeView> list;
  for (const Shape& shape : shapes) list.push_back({shape.ndim, shape.dims});
  return list;
}

std::vector<int> flags(const std::vector<DType>& dtypes) {
  std::vector<int> list;
  for (const DType dtype : dtypes) list.push_back(static_cast<int>(dtype));
  return list;
}

const Symbol& symbol(MXSymbolHandle handle) {
  MX_CHECK(handle, kValue, "[libmx] a symbol handle is NULL");
  return *reinterpret_cast<const Symbol*>(handle);
}

template <class T>
void publish(const std::vector<T>& list, int* count, const T** out) {
  *count = static_cast<int>(list.size());
  *out = list.data();
}

}  // namespace

int MXSymbolInferShape(MXSymbolHandle handle, const char* const* names, const MXShapeView* shapes, int count,
                       int partial, int* num_arguments, const MXShapeView** arguments, int* num_outputs,
                       const MXShapeView** outputs, int* num_auxiliary, const MXShapeView** auxiliary, int* complete) {
  return c_api::guard([&] {
    static thread_local Inferred<Shape> kept;
    static thread_local std::vector<MXShapeView> lists[3];
    std::vector<Shape> given;
    for (int i = 0; i < count; ++i) given.push_back(c_api::shape(shapes[i].dims, shapes[i].ndim));
    kept = infer<Shape>(symbol(handle), names, given, partial != 0, Shape(), declared_shape, infer_shapes);
    lists[0] = views(kept.arguments), lists[1] = views(kept.outputs), lists[2] = views(kept.auxiliary);
    publish(lists[0], num_arguments, arguments);
    publish(lists[1], num_outputs, outputs);
    publish(lists[2], num_auxiliary, auxiliary);
    *complete = kept.complete;
  });
}

int MXSymbolInferType(MXSymbolHandle handle, const char* const* names, const int* dtypes, int count, int partial,
                      int* num_arguments, const int** arguments, int* num_outputs, const int** outputs,
                      int* num_auxiliary, const int** auxiliary, int* complete) {
  return c_api::guard([&] {
    static thread_local std::vector<int> lists[3];
    std::vector<DType> given;
    for (int i = 0; i < count; ++i) given.push_back(dtypes[i] == -1 ? DType::kUnknown : c_api::dtype(dtypes[i]));
    const auto result =
        infer<DType>(symbol(handle), names, given, partial != 0, DType::kUnknown, declared_dtype, infer_dtypes);
    lists[0] = flags(result.arguments), lists[1] = flags(result.outputs), lists[2] = flags(result.auxiliary);
    publish(lists[0], num_arguments, arguments);
    publish(lists[1], num_outputs, outputs);
    publish(lists[2], num_auxiliary, auxiliary);
    *complete = result.complete;
  });
}
