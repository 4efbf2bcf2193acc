// The .params format: lists of arrays, all versions for reading, version 2 for writing.
#pragma once
#include <string>
#include <vector>

#include "ndarray/ndarray.h"

namespace mx {

struct ArrayList {
  std::vector<NDArrayRef> arrays;
  std::vector<std::string> names;  // empty, or one per array
};

void save_list(const std::string& file, const std::vector<NDArrayRef>& arrays, const std::vector<std::string>& names);
ArrayList load_list(const std::string& file);
ArrayList load_list(const void* data, size_t bytes, const std::string& source);

// One array without the list around it.
std::string save_record(const NDArray& array);
NDArrayRef load_record(const void* data, size_t bytes);

}  // namespace mx
