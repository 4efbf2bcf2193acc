#include "graph/json.h"

#include <algorithm>

#include "graph/json_parser.h"

namespace mx {
namespace {

// -- writing --------------------------------------------------------------------------------------------------------

void write_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\\':
      case '"':
        out += '\\';
        [[fallthrough]];
      default:
        out += c;
    }
  }
  out += '"';
}

// More than ten items stand on a line each.
template <class List, class Write>
void write_list(std::string& out, const List& list, const std::string& indent, const Write& write) {
  const bool lines = list.size() > 10;
  out += '[';
  bool first = true;
  for (const auto& item : list) {
    if (!first) out += ", ";
    if (lines) out += "\n" + indent + "  ";
    write(item);
    first = false;
  }
  if (lines) out += "\n" + indent;
  out += ']';
}

void write_attrs(std::string& out, const AttrMap& attrs) {
  const bool lines = attrs.size() > 1;
  out += "      \"attrs\": {";
  bool first = true;
  for (const auto& [key, value] : attrs) {
    if (!first) out += ", ";
    if (lines) out += "\n        ";
    write_string(out, key);
    out += ": ";
    write_string(out, value);
    first = false;
  }
  out += lines ? "\n      }, \n" : "}, \n";
}

// -- reading --------------------------------------------------------------------------------------------------------

class Loader {
 public:
  explicit Loader(std::string_view text) : json_(text, "Symbol.load_json") {}

  SymbolRef load() {
    const JsonValue document = json_.parse();
    json_.as_object(document, "a symbol file");
    for (const auto& [key, value] : document.fields)
      if (key != "nodes" && key != "arg_nodes" && key != "node_row_ptr" && key != "heads" && key != "attrs")
        json_.fail(value.offset,
                   "unknown key \"" + key + "\"; a symbol file has nodes, arg_nodes, node_row_ptr, heads and attrs");
    version_ = read_version(document);
    const auto& nodes = json_.as_array(required(document, "nodes"), "nodes");
    nodes_.reserve(nodes.size());
    for (const JsonValue& node : nodes) read_node(node);
    if (const JsonValue* list = document.find("arg_nodes"))
      for (const JsonValue& item : json_.as_array(*list, "arg_nodes"))
        if (const int id = node_index(item, "arg_nodes"); !nodes_[id]->is_variable())
          json_.fail(item.offset, str("arg_nodes names node ", id, ", which is no variable"));
    const JsonValue& heads = required(document, "heads");
    std::vector<Entry> outputs;
    for (const JsonValue& head : json_.as_array(heads, "heads")) outputs.push_back(read_entry(head, "a head"));
    if (outputs.empty()) json_.fail(heads.offset, "heads is empty: a symbol has at least one output");
    return make_ref<Symbol>(std::move(outputs));
  }

 private:
  const JsonValue& required(const JsonValue& object, const char* key) const {
    const JsonValue* value = object.find(key);
    if (!value) json_.fail(object.offset, str("the key \"", key, "\" is missing"));
    return *value;
  }

  int read_version(const JsonValue& document) const {
    const JsonValue* attrs = document.find("attrs");
    if (!attrs) return kJsonOldestVersion;
    for (const auto& [key, value] : json_.as_object(*attrs, "attrs").fields) {
      const auto& pair = json_.as_array(value, key);
      if (pair.size() != 2) json_.fail(value.offset, "an attribute of the graph is a pair of type and value");
      const std::string& type = json_.as_string(pair[0], "the type of an attribute");
      if (type != "int" && type != "str" && type != "list_int" && type != "list_str")
        json_.fail(pair[0].offset, "unknown type \"" + type + "\"; it must be int, str, list_int or list_str");
      if (key == "mxnet_version") return json_.as_int(pair[1], key);
    }
    return kJsonOldestVersion;
  }

  void read_attrs(const JsonValue& value, AttrMap& attrs) const {
    for (const auto& [name, text] : json_.as_object(value, "attrs").fields)
      attrs.emplace(name, json_.as_string(text, "the attribute " + name));
  }

  void read_node(const JsonValue& value) {
    auto node = make_ref<Node>();
    const std::string& op = json_.as_string(required(json_.as_object(value, "a node"), "op"), "op");
    node->name = json_.as_string(required(value, "name"), "name");
    const JsonValue& inputs = required(value, "inputs");
    for (const auto& [key, item] : value.fields) {
      if (key == "op" || key == "name" || key == "inputs" || key == "attrs" || key == "attr" || key == "param")
        continue;
      if (key == "backward_source_id") continue;  // always -1 in the files that have it
      if (key != "control_deps" && key != "subgraphs")
        json_.fail(item.offset, "unknown key \"" + key + "\" in the node " + node->name +
                                    "; a node has op, name, attrs (attr, param), inputs, control_deps, subgraphs");
      MX_CHECK(json_.as_array(item, key).empty(), kUnsupported, "[Symbol.load_json] the node ", op, " ", node->name,
               " has ", key, ", which are not supported");
    }
    // Parameters had a key of their own before 0.9; they never override annotations.
    for (const char* key : {"attrs", "attr", "param"})
      if (const JsonValue* attrs = value.find(key)) read_attrs(*attrs, node->attrs);
    for (const JsonValue& input : json_.as_array(inputs, "inputs"))
      node->inputs.push_back(read_entry(input, "an input of " + node->name));
    if (op == "null") {
      if (!node->inputs.empty()) json_.fail(inputs.offset, "the variable " + node->name + " has inputs");
      upgrade_attributes(*node, version_);
    } else {
      prepare_operator(*node, op, value);
    }
    nodes_.push_back(std::move(node));
  }

  void prepare_operator(Node& node, const std::string& op, const JsonValue& value) const {
    try {
      node.op = &get_op(op);
      upgrade_attributes(node, version_);
      node.parse_params();
      upgrade_inputs(node, version_);
      const int needed = node.op->count_inputs(node.params.data());
      MX_CHECK(needed == static_cast<int>(node.inputs.size()), kValue, "[", node.label(), "] has ", node.inputs.size(),
               " inputs, but it takes ", needed);
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        const Entry& input = node.inputs[i];
        if (!mutates_input(node, i)) continue;
        MX_CHECK(input.node->is_variable(), kValue, "[", node.label(), "] writes its input ",
                 node.op->input_name(static_cast<int>(i)), ", which must be a variable, not the result of ",
                 input.node->label());
        input.node->version = std::max(input.node->version, input.version);
      }
    } catch (const Error& error) {
      json_.fail(value.offset, str("node ", nodes_.size(), " (", op, " ", node.name, "): ", error.what()));
    }
  }

  int node_index(const JsonValue& value, std::string_view what) const {
    const int id = json_.as_int(value, what);
    if (id >= static_cast<int>(nodes_.size()))
      json_.fail(value.offset, str(what, " is node ", id, ", but only ", nodes_.size(),
                                   " nodes stand before; nodes must follow what they use, without cycles"));
    return id;
  }

  Entry read_entry(const JsonValue& value, const std::string& what) const {
    const auto& numbers = json_.as_array(value, what);
    if (numbers.size() != 2 && numbers.size() != 3) json_.fail(value.offset, what + " must be [node, output, version]");
    const int id = node_index(numbers[0], what);
    const int index = json_.as_int(numbers[1], "the output number");
    if (index >= nodes_[id]->num_outputs())
      json_.fail(numbers[1].offset, str(what, " is output ", index, " of ", nodes_[id]->label(), ", which has ",
                                        nodes_[id]->num_outputs()));
    return {nodes_[id], index, numbers.size() == 3 ? json_.as_int(numbers[2], "the version") : 0};
  }

  JsonText json_;
  int version_ = 0;
  std::vector<Ref<Node>> nodes_;
};

}  // namespace

std::string to_json(const Symbol& symbol) {
  const IndexedGraph graph(symbol.outputs);
  std::string out = "{\n  \"nodes\": [";
  const auto write_entry = [&](const Entry& entry) {
    out += str("[", graph.node_id(entry.node.get()), ", ", entry.index, ", ", entry.version, "]");
  };
  const auto write_number = [&](int number) { out += std::to_string(number); };
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = *graph.nodes[i];
    out += i ? ", \n    {\n      \"op\": " : "\n    {\n      \"op\": ";
    write_string(out, node.op ? node.op->name : "null");
    out += ", \n      \"name\": ";
    write_string(out, node.name);
    out += ", \n";
    if (!node.attrs.empty()) write_attrs(out, node.attrs);
    out += "      \"inputs\": ";
    write_list(out, node.inputs, "      ", write_entry);
    out += "\n    }";
  }
  out += "\n  ], \n  \"arg_nodes\": ";
  write_list(out, graph.variables, "  ", write_number);
  out += ", \n  \"node_row_ptr\": ";
  write_list(out, graph.first_entry, "  ", write_number);
  out += ", \n  \"heads\": ";
  write_list(out, symbol.outputs, "  ", write_entry);
  out += str(", \n  \"attrs\": {\"mxnet_version\": [\"int\", ", kJsonVersion, "]}\n}");
  return out;
}

SymbolRef from_json(std::string_view text) { return Loader(text).load(); }

}  // namespace mx
