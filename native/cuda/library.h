// NVIDIA's libraries, opened when an operator first needs one: those of their wheels, which are installed beside ours,
// else the system's.
#pragma once
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

}  // namespace mx::cuda
