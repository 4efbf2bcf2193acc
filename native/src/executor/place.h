// Graphs over several devices: where each node runs, and the copies at the borders.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "executor/work.h"
#include "graph/gradient.h"

namespace mx {

using DeviceGroups = std::map<std::string, Device>;  // the group2ctx of bind

// Where each node runs, given where variables lie: the first `num_forward` nodes on the device of their group, without
// a group on that of their first input, without inputs where `devices` says; gradients where the values are that they
// belong to. Raises kValue for a group that has no device.
void place_nodes(const IndexedGraph& graph, size_t num_forward, std::span<const Entry> heads,
                 const GraphGradients& gradients, const DeviceGroups& groups, std::vector<Device>& devices);

// Lets every step work on arrays of its own device: puts _CrossDeviceCopy where it reads another one's, once for each
// entry and device. What crosses a border gets an array of its own, so that streams wait for it alone.
void add_device_copies(std::vector<Work>& work, Entries& entries);

}  // namespace mx
