#include "executor/place.h"

#include <set>
#include <utility>

namespace mx {
namespace {

class CopyPass {
 public:
  CopyPass(std::vector<Work>& work, Entries& entries) : work_(work), entries_(entries) {}

  void run() {
    std::vector<Work> all;
    all.swap(work_);
    for (Work& work : all)
      for (const int entry : work.out) made_.insert(entry);
    for (Work& work : all) place(std::move(work));
  }

 private:
  void place(Work work) {
    std::vector<Work> after;
    for (size_t i = 0; i < work.in.size(); ++i) {
      const int entry = work.in[i];
      if (entries_.devices[entry] == work.device || !work.reads(i)) continue;
      work.in[i] = copy_of(entry, work);
      if (work.op->mutates_input(static_cast<int>(i))) after.push_back(make_copy(work.in[i], entry, work));
    }
    for (const int entry : work.out)
      MX_CHECK(entries_.devices[entry] == work.device, kInternal, "[", work.node->label(), "] writes elsewhere");
    work_.push_back(std::move(work));
    for (Work& next : after) work_.push_back(std::move(next));
  }

  int copy_of(int entry, const Work& user) {
    const std::pair key(entry, std::pair(user.device.type, user.device.id));
    if (const auto found = copies_.find(key); found != copies_.end()) return found->second;
    own_array(entry);
    const int copy = entries_.add(Shape(entries_.shapes[entry]), entries_.dtypes[entry], user.device);
    made_.insert(copy);
    own_array(copy);
    work_.push_back(make_copy(entry, copy, user));
    if (!entries_.rewritten[entry]) copies_[key] = copy;
    return copy;
  }

  void own_array(int entry) {
    NDArrayRef& array = entries_.arrays[entry];
    if (!array && made_.count(entry))  // else a head gradient: the caller's array
      array = make_ref<NDArray>(entries_.shapes[entry], entries_.dtypes[entry], entries_.devices[entry]);
  }

  Work make_copy(int from, int to, const Work& user) const {
    static const OpDef& op = get_op("_CrossDeviceCopy");
    auto node = make_ref<Node>();
    node->op = &op, node->params = Params::of(NoParam()), node->name = user.node->name + "_copy";
    return {node, &op, node->params, {from}, {to}, user.backward, true, {}, {}, entries_.devices[to]};
  }

  std::vector<Work>& work_;
  Entries& entries_;
  std::set<int> made_;  // by a step
  std::map<std::pair<int, std::pair<int, int>>, int> copies_;
};

}  // namespace

void place_nodes(const IndexedGraph& graph, size_t num_forward, std::span<const Entry> heads,
                 const GraphGradients& gradients, const DeviceGroups& groups, std::vector<Device>& devices) {
  const auto device_of = [&](const Node* node) -> Device& { return devices[graph.node_id(node)]; };
  for (size_t i = 0; i < num_forward; ++i) {
    const Node& node = *graph.nodes[i];
    if (node.is_variable()) continue;
    const auto group = node.attrs.find(kDeviceGroup);
    if (group == node.attrs.end()) {
      if (!node.inputs.empty()) devices[i] = device_of(node.inputs[0].node.get());
      continue;
    }
    const auto found = groups.find(group->second);
    MX_CHECK(found != groups.end(), kValue, "[", node.label(), "] is of the group ", group->second,
             ", which has no device; add it to group2ctx");
    devices[i] = found->second;
  }
  for (size_t i = 0; i < gradients.head_gradients.size(); ++i) {
    const Node* node = gradients.head_gradients[i].node.get();
    if (graph.contains(node)) device_of(node) = device_of(heads[i].node.get());
  }
  for (size_t i = 0; i < gradients.nodes.size(); ++i) {
    const Node* node = gradients.nodes[i].get();
    if (graph.contains(node)) device_of(node) = device_of(gradients.origins[i]);
  }
}

void add_device_copies(std::vector<Work>& work, Entries& entries) { CopyPass(work, entries).run(); }

}  // namespace mx
