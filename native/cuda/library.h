// NVIDIA's libraries, opened when an operator first needs one: those of their wheels, which are installed beside ours,
// else the system's.
#pragma once
#include <mutex>
#include <span>

namespace mx::cuda {

struct Library {
  const char* name;         // in messages: "cuBLAS"
  const char* prefix;       // of its functions: "cublasLt"
  const char* file;         // "libcublasLt.so.13"
  const char* folder;       // where its wheel puts it, from site-packages
  const char* wheel;        // what to install
  const char* advice = "";  // what helps where a call fails
};
struct Function {
  const char* name;  // less the prefix
  void** to;
};

// Finds the functions. Returns 0, or 3 after set_error where the library is absent, or too old to have them all.
int open_library(const Library& library, std::span<const Function> functions);
// What a call returned: 0 where all is well, else 1 after set_error.
int check(const Library& library, int status, const char* what);

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

// Defines table() and check(status, what) of a library whose header lists its functions as X(name, arguments ...).
// table() is null after set_error.
#define MX_LIBRARY(library, LIST)                       \
  const Table* table() {                                \
    static Opened<Table> opened;                        \
    const Function all[] = {LIST(MX_LIBRARY_FUNCTION)}; \
    return opened.get(library, all);                    \
  }                                                     \
  [[maybe_unused]] int check(Status status, const char* what) { return check(library, status, what); }
#define MX_LIBRARY_FUNCTION(name, ...) {#name, reinterpret_cast<void**>(&opened.functions.name)},

}  // namespace mx::cuda
