// NVIDIA's libraries, opened when an operator first needs one: those of their wheels, which are installed beside ours,
// else the system's.
#pragma once
#include <mutex>
#include <span>

namespace mx::cuda {

struct Library {
  const char* name;    // in messages: "cuBLAS"
  const char* file;    // "libcublasLt.so.13"
  const char* folder;  // where its wheel puts it, from site-packages
  const char* wheel;   // what to install
};
struct Function {
  const char* name;
  void** to;
};

// Finds the functions. Returns 0, or 3 after set_error where the library is absent, or too old to have them all.
int open_library(const Library& library, std::span<const Function> functions);

// The functions of a library. One that was missing is looked for again, as the user may have installed it.
template <class Table>
struct Opened {
  Table functions = {};

  // Null after set_error.
  const Table* get(const Library& library, std::span<const Function> all) {
    const std::lock_guard lock(mutex_);
    if (!found_) found_ = open_library(library, all) == 0;
    return found_ ? &functions : nullptr;
  }

 private:
  std::mutex mutex_;
  bool found_ = false;
};

}  // namespace mx::cuda
