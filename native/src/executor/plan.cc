#include "executor/plan.h"

#include <algorithm>
#include <unordered_set>

#include "graph/compose.h"
#include "graph/infer.h"

namespace mx {
namespace {

// A step before memory is known. Entries beyond those of the graph are the bound gradients.
struct Work {
  Ref<Node> node;
  const OpDef* op;
  Params params;
  std::vector<int> in, out;
  bool backward;
};

class Compiler {
 public:
  Compiler(const Symbol& symbol, const Binding& binding, bool reuse)
      : symbol_(symbol), binding_(binding), reuse_(reuse) {}

  Plan run() {
    build_graph();
    infer();
    place_arrays();
    list_work();
    add_transfers();
    assign_memory();
    prepare_steps();
    return std::move(plan_);
  }

 private:
  bool differentiated(size_t argument) const { return binding_.requests[argument] != MX_REQ_NULL; }

  void build_graph() {
    heads_ = expand_composites(symbol_.outputs);
    arguments_ = symbol_.variables(Symbol::Variables::kArguments);
    auxiliary_ = symbol_.variables(Symbol::Variables::kAuxiliary);
    std::vector<Entry> wanted;
    for (size_t i = 0; i < arguments_.size(); ++i)
      if (differentiated(i)) wanted.push_back({arguments_[i]}), wanted_.push_back(i);
    std::vector<Node*> order = topological_order(heads_);
    num_forward_ = order.size();
    std::vector<Entry> all = heads_;
    if (!wanted.empty()) {
      gradients_ = build_gradients(heads_, wanted);
      for (const Entry& entry : gradients_.gradients)
        if (entry.node) all.push_back(entry);
      std::unordered_set<const Node*> reachable;
      for (const Node* node : topological_order(all)) reachable.insert(node);
      for (const Entry& head : gradients_.head_gradients)
        if (reachable.count(head.node.get())) order.push_back(head.node.get());
      for (const Ref<Node>& node : gradients_.nodes)
        if (reachable.count(node.get())) order.push_back(node.get());
    }
    graph_ = std::make_unique<IndexedGraph>(std::move(order), all);
    num_entries_ = graph_->num_entries();
  }

  int entry_of(const Node* node, int index = 0) const { return graph_->first_entry[graph_->node_id(node)] + index; }

  void infer() {
    // Forward first: its errors are those of the user's graph. Numbers are the same in both graphs.
    const IndexedGraph forward(heads_);
    std::vector<Shape> shapes(forward.num_entries());
    std::vector<DType> dtypes(forward.num_entries(), DType::kUnknown);
    const auto seed = [&](const std::vector<Node*>& nodes, const std::vector<NDArrayRef>& arrays) {
      for (size_t i = 0; i < nodes.size(); ++i) {
        if (!forward.contains(nodes[i])) continue;
        const int entry = forward.first_entry[forward.node_id(nodes[i])];
        shapes[entry] = arrays[i]->shape, dtypes[entry] = arrays[i]->dtype;
      }
    };
    seed(arguments_, binding_.arguments);
    seed(auxiliary_, binding_.auxiliary);
    infer_shapes(forward, shapes);
    infer_dtypes(forward, dtypes);
    shapes_ = std::move(shapes), dtypes_ = std::move(dtypes);
    shapes_.resize(num_entries_);
    dtypes_.resize(num_entries_, DType::kUnknown);
    const auto copy_known = [&](int to, int from) { shapes_[to] = shapes_[from], dtypes_[to] = dtypes_[from]; };
    for (size_t i = 0; i < gradients_.head_gradients.size(); ++i) {
      const Node* node = gradients_.head_gradients[i].node.get();
      if (graph_->contains(node)) copy_known(entry_of(node), entry_of(heads_[i].node.get(), heads_[i].index));
    }
    for (size_t i = 0; i < gradients_.gradients.size(); ++i) {
      const Entry& gradient = gradients_.gradients[i];
      if (!gradient.node) continue;
      const int entry = entry_of(gradient.node.get(), gradient.index), like = entry_of(arguments_[wanted_[i]]);
      MX_CHECK(unify(shapes_[entry], shapes_[like]), kInternal, "[", gradient.node->label(), "] has shape ",
               shapes_[entry], ", but is the gradient of ", arguments_[wanted_[i]]->name, ", which has ",
               shapes_[like]);
      if (dtypes_[entry] == DType::kUnknown) dtypes_[entry] = dtypes_[like];
    }
    infer_shapes(*graph_, shapes_);
    infer_dtypes(*graph_, dtypes_);
    for (size_t i = 0; i < graph_->nodes.size(); ++i)
      for (int entry = graph_->first_entry[i]; entry < graph_->first_entry[i + 1]; ++entry)
        MX_CHECK(shapes_[entry].known() && dtypes_[entry] != DType::kUnknown, kValue, "[", graph_->nodes[i]->label(),
                 "] output ", entry - graph_->first_entry[i], " has shape ", shapes_[entry], " and dtype ",
                 dtypes_[entry], "; both must follow from the arguments");
  }

  // Entries that live in arrays: arguments, auxiliary states, outputs.
  void place_arrays() {
    arrays_.resize(num_entries_ + wanted_.size());
    const auto place = [&](const std::vector<Node*>& nodes, const std::vector<NDArrayRef>& arrays) {
      for (size_t i = 0; i < nodes.size(); ++i)
        if (graph_->contains(nodes[i])) arrays_[entry_of(nodes[i])] = arrays[i];
    };
    place(arguments_, binding_.arguments);
    place(auxiliary_, binding_.auxiliary);
    for (const Entry& head : heads_) {
      NDArrayRef& array = arrays_[entry_of(head.node.get(), head.index)];
      if (!array) {
        const int entry = entry_of(head.node.get(), head.index);
        array = make_ref<NDArray>(shapes_[entry], dtypes_[entry], binding_.device);
      }
      plan_.outputs.push_back(array);
    }
    for (size_t i = 0; i < wanted_.size(); ++i) {
      arrays_[num_entries_ + i] = binding_.gradients[wanted_[i]];
      shapes_.push_back(binding_.gradients[wanted_[i]]->shape);
      dtypes_.push_back(binding_.gradients[wanted_[i]]->dtype);
    }
  }

  void list_work() {
    for (size_t i = 0; i < graph_->nodes.size(); ++i) {
      Node* node = graph_->nodes[i];
      if (node->is_variable()) continue;
      Work work{node, node->op, node->params, {}, {}, i >= num_forward_};
      for (const int entry : graph_->inputs_of(static_cast<int>(i))) work.in.push_back(entry);
      for (int entry = graph_->first_entry[i]; entry < graph_->first_entry[i + 1]; ++entry) work.out.push_back(entry);
      work_.push_back(std::move(work));
    }
  }

  bool has_memory_of_its_own(const NDArray& array) const {
    int users = 0;
    for (const auto* list : {&binding_.arguments, &binding_.gradients, &binding_.auxiliary})
      for (const NDArrayRef& other : *list) users += other && other->chunk == array.chunk;
    return users == 1;
  }

  // Gradients go straight into the bound arrays where that is safe, else through a copy or an addition.
  void add_transfers() {
    std::vector<Work> at_end;
    std::vector<std::vector<Work>> after(graph_->nodes.size());
    for (size_t i = 0; i < wanted_.size(); ++i) {
      const Entry& gradient = gradients_.gradients[i];
      const NDArrayRef& target = binding_.gradients[wanted_[i]];
      const bool add = binding_.requests[wanted_[i]] == MX_REQ_ADD;
      if (!gradient.node) {
        if (!add) plan_.backward.zeros.push_back(target);
        continue;
      }
      const int producer = graph_->node_id(gradient.node.get());
      const int entry = entry_of(gradient.node.get(), gradient.index), bound = num_entries_ + static_cast<int>(i);
      const bool made_here = static_cast<size_t>(producer) >= num_forward_ && gradient.node->op;
      if (!add && made_here && !arrays_[entry] && dtypes_[entry] == target->dtype && has_memory_of_its_own(*target)) {
        arrays_[entry] = target;
        continue;
      }
      const OpDef& op = get_op(add ? "elemwise_add" : "_copyto");
      Work work{nullptr, &op, Params::parse(op.param_struct(), {}, op.name), {entry}, {bound}, true};
      if (add) work.in = {bound, entry};
      work.node = make_ref<Node>();
      work.node->op = &op, work.node->params = work.params;
      work.node->name = arguments_[wanted_[i]]->name + "_gradient";
      (made_here ? after[producer] : at_end).push_back(std::move(work));
    }
    std::vector<Work> ordered;
    for (Work& work : work_) {
      const int id = graph_->node_id(work.node.get());
      ordered.push_back(std::move(work));
      for (Work& next : after[id]) ordered.push_back(std::move(next));
    }
    for (Work& work : at_end) ordered.push_back(std::move(work));
    work_ = std::move(ordered);
  }

  void assign_memory() {
    for (size_t i = 0; i < gradients_.head_gradients.size(); ++i) {
      const Node* node = gradients_.head_gradients[i].node.get();
      if (graph_->contains(node)) head_of_entry_[entry_of(node)] = static_cast<int>(i);
    }
    std::vector<int> uses(arrays_.size());
    for (const Work& work : work_)
      for (const int entry : work.in) ++uses[entry];
    std::vector<size_t> bytes(arrays_.size());
    std::vector<MemoryStep> steps;
    for (Work& work : work_) {
      // What only a gradient would need is left out when there is none.
      const int visible = work.op->count_visible(work.params.data());
      const bool droppable = work.op->name.starts_with("_backward");
      for (size_t o = 0; o < work.out.size(); ++o) {
        const int entry = work.out[o];
        if (arrays_[entry]) continue;
        if (uses[entry] == 0 && (droppable || static_cast<int>(o) >= visible)) continue;
        bytes[entry] = static_cast<size_t>(checked_bytes(shapes_[entry], dtypes_[entry]));
      }
      MemoryStep step{work.in, work.out, {}, work.backward};
      for (const OpDef::Inplace& pair : work.op->inplace_pairs) step.in_place.emplace_back(pair.in, pair.out);
      std::erase_if(step.in_place, [&](const auto& pair) {
        return pair.first >= static_cast<int>(work.in.size()) || pair.second >= static_cast<int>(work.out.size());
      });
      steps.push_back(std::move(step));
    }
    plan_.memory = plan_memory(steps, bytes, reuse_);
    plan_.arena = make_ref<Chunk>(plan_.memory.total, binding_.device);
  }

  Tensor tensor_of(int entry) const {
    Tensor tensor{nullptr, shapes_[entry], dtypes_[entry]};
    if (arrays_[entry]) return arrays_[entry]->tensor();
    const size_t offset = plan_.memory.offsets[entry];
    if (offset != MemoryPlan::kNowhere) tensor.data = static_cast<char*>(plan_.arena->data) + offset;
    return tensor;
  }

  void prepare_steps() {
    plan_.needs_head.resize(heads_.size());
    for (Work& work : work_) {
      std::vector<Step>& list = (work.backward ? plan_.backward : plan_.forward).steps;
      Step& step = list.emplace_back();
      step.node = work.node, step.op = work.op, step.params = work.params;
      for (size_t i = 0; i < work.in.size(); ++i) {
        const int entry = work.in[i];
        step.in.push_back(tensor_of(entry));
        if (const NDArrayRef& array = arrays_[entry])
          (mutates_input(*work.node, i) ? step.writes : step.reads).push_back(&array->chunk->var);
        if (const auto head = head_of_entry_.find(entry); head != head_of_entry_.end()) {
          plan_.head_uses.push_back({head->second, static_cast<int>(list.size()) - 1, static_cast<int>(i)});
          plan_.needs_head[head->second] = true;
        }
      }
      for (const int entry : work.out) {
        step.out.push_back(tensor_of(entry));
        if (arrays_[entry]) step.writes.push_back(&arrays_[entry]->chunk->var);
      }
    }
    plan_.forward.prepare();
    plan_.backward.prepare();
    for (NDArrayRef& array : arrays_)
      if (array) plan_.keep.push_back(std::move(array));
  }

  const Symbol& symbol_;
  const Binding& binding_;
  bool reuse_;
  std::vector<Entry> heads_;
  std::vector<Node*> arguments_, auxiliary_;
  std::vector<size_t> wanted_;  // arguments whose gradient is requested
  GraphGradients gradients_;
  std::unique_ptr<IndexedGraph> graph_;
  size_t num_forward_ = 0;
  int num_entries_ = 0;
  std::vector<Shape> shapes_;
  std::vector<DType> dtypes_;
  std::vector<NDArrayRef> arrays_;  // by entry; null: in the arena, or a head gradient
  std::unordered_map<int, int> head_of_entry_;
  std::vector<Work> work_;
  Plan plan_;
};

}  // namespace

void Pass::prepare() {
  std::vector<Var*> reads, writes;
  for (const Step& step : steps) {
    reads.insert(reads.end(), step.reads.begin(), step.reads.end());
    writes.insert(writes.end(), step.writes.begin(), step.writes.end());
  }
  for (const NDArrayRef& array : zeros) writes.push_back(&array->chunk->var);
  access = Access::prepare(reads, writes);
}

Plan compile(const Symbol& symbol, const Binding& binding, bool reuse_memory) {
  return Compiler(symbol, binding, reuse_memory).run();
}

}  // namespace mx
