// Graphs over several devices: where each node runs, and the copies at the borders.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "executor/work.h"

namespace mx {

using DeviceGroups = std::map<std::string, Device>;  // the group2ctx of bind

// The device of a node of the symbol, given those of the nodes before it: that of its group; without a group that of
// its first input, else `fallback`. Raises kValue for a group that has no device.
Device device_of(const Node& node, const DeviceGroups& groups, const std::vector<Device>& input_devices,
                 Device fallback);

// Lets every step work on arrays of its own device: puts _CrossDeviceCopy where it reads another one's, once for each
// entry and device. What crosses a border gets an array of its own, so that streams wait for it alone.
void add_device_copies(std::vector<Work>& work, Entries& entries);

}  // namespace mx
