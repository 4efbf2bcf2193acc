// What a symbol keeps of its attributes: sorted, all text.
#pragma once
#include <map>
#include <string>

namespace mx {

struct AttrMap : std::map<std::string, std::string> {
  using map::map;
};

}  // namespace mx
