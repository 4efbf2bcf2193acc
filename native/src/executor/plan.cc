#include "executor/plan.h"

#include <algorithm>
#include <unordered_set>

#include "executor/fuse.h"
#include "executor/layout.h"
#include "executor/work.h"
#include "graph/compose.h"
#include "graph/infer.h"

namespace mx {
namespace {

constexpr size_t kBrief = size_t{1} << 16;  // bytes of a step's arrays

class Compiler {
 public:
  Compiler(const Symbol& symbol, const Binding& binding, const PlanOptions& options)
      : symbol_(symbol), binding_(binding), options_(options), heads_(expand_composites(symbol.outputs)) {}

  Plan run() {
    build_graph();
    infer();
    if (options_.general) {
      heads_ = fuse(heads_, entries_.dtypes, binding_.device.is_cpu());
      build_graph();
      infer();
    }
    place_nodes();
    place_arrays();
    list_work();
    add_transfers();
    if (!binding_.groups.empty()) add_device_copies(work_, entries_);
    if (options_.optimize && binding_.device.is_cpu()) choose_layouts(work_, entries_);
    assign_memory();
    prepare_steps();
    return std::move(plan_);
  }

 private:
  bool differentiated(size_t argument) const { return !options_.general && binding_.requests[argument] != MX_REQ_NULL; }

  void build_graph() {
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
    entries_.shapes = std::move(shapes), entries_.dtypes = std::move(dtypes);
    entries_.shapes.resize(num_entries_);
    entries_.dtypes.resize(num_entries_, DType::kUnknown);
    const auto copy_known = [&](int to, int from) {
      entries_.shapes[to] = entries_.shapes[from], entries_.dtypes[to] = entries_.dtypes[from];
    };
    for (size_t i = 0; i < gradients_.head_gradients.size(); ++i) {
      const Node* node = gradients_.head_gradients[i].node.get();
      if (graph_->contains(node)) copy_known(entry_of(node), entry_of(heads_[i].node.get(), heads_[i].index));
    }
    for (size_t i = 0; i < gradients_.gradients.size(); ++i) {
      const Entry& gradient = gradients_.gradients[i];
      if (!gradient.node) continue;
      const int entry = entry_of(gradient.node.get(), gradient.index), like = entry_of(arguments_[wanted_[i]]);
      MX_CHECK(unify(entries_.shapes[entry], entries_.shapes[like]), kInternal, "[", gradient.node->label(),
               "] has shape ", entries_.shapes[entry], ", but is the gradient of ", arguments_[wanted_[i]]->name,
               ", which has ", entries_.shapes[like]);
      if (entries_.dtypes[entry] == DType::kUnknown) entries_.dtypes[entry] = entries_.dtypes[like];
    }
    infer_shapes(*graph_, entries_.shapes);
    infer_dtypes(*graph_, entries_.dtypes);
    for (size_t i = 0; i < graph_->nodes.size(); ++i)
      for (int entry = graph_->first_entry[i]; entry < graph_->first_entry[i + 1]; ++entry)
        MX_CHECK(entries_.shapes[entry].known() && entries_.dtypes[entry] != DType::kUnknown, kValue, "[",
                 graph_->nodes[i]->label(), "] output ", entry - graph_->first_entry[i], " has shape ",
                 entries_.shapes[entry], " and dtype ", entries_.dtypes[entry],
                 "; both must follow from the arguments");
  }

  void place_nodes() {
    devices_.assign(graph_->nodes.size(), binding_.device);
    if (binding_.groups.empty()) return;
    const auto place = [&](const std::vector<Node*>& nodes, const std::vector<NDArrayRef>& arrays) {
      for (size_t i = 0; i < nodes.size(); ++i)
        if (graph_->contains(nodes[i])) devices_[graph_->node_id(nodes[i])] = arrays[i]->device();
    };
    place(arguments_, binding_.arguments);
    place(auxiliary_, binding_.auxiliary);
    mx::place_nodes(*graph_, num_forward_, heads_, gradients_, binding_.groups, devices_);
  }

  // Entries that live in arrays: arguments, auxiliary states, outputs.
  void place_arrays() {
    entries_.arrays.resize(num_entries_ + wanted_.size());
    for (size_t i = 0; i < graph_->nodes.size(); ++i)
      entries_.devices.resize(static_cast<size_t>(graph_->first_entry[i + 1]), devices_[i]);
    const auto place = [&](const std::vector<Node*>& nodes, const std::vector<NDArrayRef>& arrays) {
      for (size_t i = 0; i < nodes.size(); ++i)
        if (graph_->contains(nodes[i])) entries_.arrays[entry_of(nodes[i])] = arrays[i];
    };
    place(arguments_, binding_.arguments);
    place(auxiliary_, binding_.auxiliary);
    for (const Entry& head : heads_) {
      NDArrayRef& array = entries_.arrays[entry_of(head.node.get(), head.index)];
      if (!array) {
        const int entry = entry_of(head.node.get(), head.index);
        array = options_.general
                    ? options_.general->outputs[plan_.outputs.size()]
                    : make_ref<NDArray>(entries_.shapes[entry], entries_.dtypes[entry], entries_.devices[entry]);
      }
      plan_.outputs.push_back(array);
    }
    for (size_t i = 0; i < wanted_.size(); ++i) {
      entries_.arrays[num_entries_ + i] = binding_.gradients[wanted_[i]];
      entries_.shapes.push_back(binding_.gradients[wanted_[i]]->shape);
      entries_.dtypes.push_back(binding_.gradients[wanted_[i]]->dtype);
      entries_.devices.push_back(binding_.gradients[wanted_[i]]->device());
    }
    entries_.rewritten.resize(entries_.arrays.size());
    for (size_t i = 0; i < graph_->nodes.size(); ++i)
      if (graph_->mutated[i]) entries_.rewritten[graph_->first_entry[i]] = true;
  }

  void list_work() {
    for (size_t i = 0; i < graph_->nodes.size(); ++i) {
      Node* node = graph_->nodes[i];
      if (node->is_variable()) continue;
      Work work{node, node->op, node->params, {}, {}, i >= num_forward_};
      work.device = devices_[i];
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
      if (!add && made_here && !entries_.arrays[entry] && entries_.dtypes[entry] == target->dtype &&
          entries_.devices[entry] == target->device() && has_memory_of_its_own(*target)) {
        entries_.arrays[entry] = target;
        continue;
      }
      const OpDef& op = get_op(add ? "elemwise_add" : "_copyto");
      Work work{nullptr, &op, Params::parse(op.param_struct(), {}, op.name), {entry}, {bound}, true};
      if (add) work.in = {bound, entry};
      work.device = target->device();
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
    std::vector<int> uses(entries_.arrays.size());
    for (const Work& work : work_)
      for (size_t i = 0; i < work.in.size(); ++i) uses[work.in[i]] += work.reads(i);
    std::vector<size_t> bytes(entries_.arrays.size());
    std::vector<MemoryStep> steps;
    for (Work& work : work_) {
      // What only a gradient would need is left out when there is none.
      const int visible = work.op->count_visible(work.params.data());
      const bool droppable = work.op->name.starts_with("_backward");
      for (size_t o = 0; o < work.out.size(); ++o) {
        const int entry = work.out[o];
        if (entries_.arrays[entry]) continue;
        if (uses[entry] == 0 && (droppable || static_cast<int>(o) >= visible)) continue;
        bytes[entry] = static_cast<size_t>(checked_bytes(entries_.shapes[entry], entries_.dtypes[entry]));
      }
      MemoryStep step{work.in, work.out, {}, work.backward};
      for (size_t i = 0; i < step.in.size(); ++i)
        if (!work.reads(i)) step.in[i] = -1;
      for (const OpDef::Inplace& pair : work.op->inplace_pairs) {
        const auto i = static_cast<size_t>(pair.in), o = static_cast<size_t>(pair.out);
        if (i < work.in.size() && o < work.out.size() && work.in_format(i) == work.out_format(o))
          step.in_place.emplace_back(pair.in, pair.out);
      }
      steps.push_back(std::move(step));
    }
    // A second backward must repeat the forward work; it can unless that leaves more traces than running statistics.
    const bool repeatable = std::all_of(work_.begin(), work_.end(), [](const Work& work) {
      return work.backward || work.op->mutable_inputs.empty() || work.op->train_mode;
    });
    list_places();
    std::vector<int> arenas(bytes.size());
    for (size_t entry = 0; entry < bytes.size(); ++entry)
      if (bytes[entry]) arenas[entry] = place_of(entries_.devices[entry]);
    plan_.memory = plan_memory(steps, bytes, std::min(options_.reuse, Reuse::kWithinPass), arenas);
    if (repeatable && options_.reuse == Reuse::kAll) {
      MemoryPlan smaller = plan_memory(steps, bytes, Reuse::kAll, arenas);
      plan_.backward_consumes = smaller.total < plan_.memory.total;
      if (plan_.backward_consumes) plan_.memory = std::move(smaller);
    }
    const std::vector<size_t>& totals = plan_.memory.totals;
    for (size_t p = 0; p < plan_.places.size(); ++p) {
      Place& place = plan_.places[p];
      const size_t needed = p < totals.size() ? totals[p] : 0;
      if (options_.general && options_.general->places[p].arena->bytes >= needed)
        place.arena = options_.general->places[p].arena;
      else
        place.arena = make_ref<Chunk>(needed, place.device);
    }
  }

  void list_places() {
    for (const Work& work : work_)
      if (std::none_of(plan_.places.begin(), plan_.places.end(),
                       [&](const Place& place) { return place.device == work.device; }))
        plan_.places.push_back({work.device, nullptr});
    if (plan_.places.empty()) plan_.places.push_back({binding_.device, nullptr});  // a graph of variables
  }
  int place_of(Device device) const {
    int place = 0;
    while (plan_.places[static_cast<size_t>(place)].device != device) ++place;
    return place;
  }

  Tensor tensor_of(int entry, Format format) const {
    Tensor tensor{nullptr, entries_.shapes[entry], entries_.dtypes[entry], format};
    if (entries_.arrays[entry]) tensor.data = entries_.arrays[entry]->data();
    const size_t offset = plan_.memory.offsets[entry];
    if (offset != MemoryPlan::kNowhere)
      tensor.data = static_cast<char*>(plan_.places[place_of(entries_.devices[entry])].arena->data) + offset;
    return tensor;
  }

  void prepare_steps() {
    plan_.needs_head.resize(heads_.size());
    for (Work& work : work_) {
      std::vector<Step>& list = (work.backward ? plan_.backward : plan_.forward).steps;
      Step& step = list.emplace_back();
      step.node = work.node, step.op = work.op, step.params = work.params, step.inserted = work.inserted;
      for (size_t i = 0; i < work.in.size(); ++i) {
        const int entry = work.in[i];
        const NDArrayRef& array = entries_.arrays[entry];
        step.in.push_back(tensor_of(entry, work.in_format(i)));
        step.chunks.push_back(array ? array->chunk.get() : nullptr);
        if (!work.reads(i)) {
          step.in.back().data = nullptr;
          continue;
        }
        if (array) (mutates_input(*work.node, i) ? step.writes : step.reads).push_back(&array->chunk->var);
        if (const auto head = head_of_entry_.find(entry); head != head_of_entry_.end()) {
          plan_.head_uses.push_back({head->second, static_cast<int>(list.size()) - 1, static_cast<int>(i)});
          plan_.needs_head[head->second] = true;
        }
      }
      for (size_t o = 0; o < work.out.size(); ++o) {
        const int entry = work.out[o];
        step.out.push_back(tensor_of(entry, work.out_format(o)));
        if (entries_.arrays[entry]) step.writes.push_back(&entries_.arrays[entry]->chunk->var);
      }
      size_t moved = 0;
      for (const auto* tensors : {&step.in, &step.out})
        for (const Tensor& tensor : *tensors) moved += tensor.bytes();
      step.brief = moved < kBrief;
      step.place = place_of(work.device);
      const bool from_here = work.in.empty() || entries_.devices[work.in[0]].shares_memory(work.device);
      if (work.op->name == "_CrossDeviceCopy" && !from_here) {
        step.source = entries_.arrays[work.in[0]], step.target = entries_.arrays[work.out[0]];
      } else if (!work.device.is_cpu()) {  // two threads' streams must not be in the arena at once
        step.writes.push_back(&plan_.places[step.place].arena->var);
      }
    }
    plan_.draws = !plan_.backward.steps.empty() &&
                  std::any_of(work_.begin(), work_.end(), [](const Work& work) { return work.op->random; });
    plan_.forward.prepare();
    plan_.backward.prepare();
    for (NDArrayRef& array : entries_.arrays)
      if (array) plan_.keep.push_back(std::move(array));
  }

  const Symbol& symbol_;
  const Binding& binding_;
  PlanOptions options_;
  std::vector<Entry> heads_;
  std::vector<Node*> arguments_, auxiliary_;
  std::vector<size_t> wanted_;  // arguments whose gradient is requested
  GraphGradients gradients_;
  std::unique_ptr<IndexedGraph> graph_;
  std::vector<Device> devices_;  // by node
  size_t num_forward_ = 0;
  int num_entries_ = 0;
  Entries entries_;  // those of the graph, the bound gradients, then what passes add
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

void Plan::move_to(const Ref<Chunk>& other) {
  Ref<Chunk>& arena = places.at(0).arena;
  auto* const from = static_cast<char*>(arena->data);
  const auto move = [&](Tensor& tensor) {
    auto* const data = tensor.as<char>();
    if (data >= from && data < from + arena->bytes) tensor.data = static_cast<char*>(other->data) + (data - from);
  };
  for (auto* pass : {&forward, &backward}) {
    for (Step& step : pass->steps) {
      for (Tensor& tensor : step.in) move(tensor);
      for (Tensor& tensor : step.out) move(tensor);
      std::replace(step.writes.begin(), step.writes.end(), &arena->var, &other->var);  // on devices
    }
    pass->prepare();
  }
  arena = other;
}

Plan compile(const Symbol& symbol, const Binding& binding, const PlanOptions& options) {
  return Compiler(symbol, binding, options).run();
}

}  // namespace mx
