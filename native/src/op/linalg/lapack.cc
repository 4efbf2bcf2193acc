#include "op/linalg/lapack.h"

#include <dlfcn.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

namespace mx::lapack {
namespace {

// Fortran passes everything by reference, and the lengths of texts at the end.
struct Functions {
  void *potrf[2], *getrf[2], *geqrf[2], *orgqr[2], *syevd[2];
};

// OpenBLAS makes a thread for every processor that the opening thread may use. One is enough: batches are divided
// between our own threads.
class OneProcessor {
 public:
  OneProcessor() {
    if (sched_getaffinity(0, sizeof before_, &before_) != 0) return;
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i)
      if (CPU_ISSET(i, &before_)) CPU_SET(i, &one);
    changed_ = sched_setaffinity(0, sizeof one, &one) == 0;
  }
  ~OneProcessor() {
    if (changed_) sched_setaffinity(0, sizeof before_, &before_);
  }

 private:
  cpu_set_t before_;
  bool changed_ = false;
};

// What MX_OPENBLAS names; else what stands beside this library where wheels are installed.
std::vector<std::string> candidates() {
  if (const char* path = std::getenv("MX_OPENBLAS"); path && *path) return {path};
  std::vector<std::string> paths;
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&candidates), &info) && info.dli_fname) {
    std::string folder = info.dli_fname;
    for (int up = 0; up < 3; ++up) folder.resize(std::min(folder.size(), folder.rfind('/')));  // <here>/mx_native/lib
    paths.push_back(folder + "/scipy_openblas32/lib/libscipy_openblas.so");
  }
  paths.push_back("libscipy_openblas.so");
  return paths;
}

struct Library {
  Functions functions;
  std::string error;

  Library() {
    void* handle = nullptr;
    {
      const OneProcessor one;
      for (const std::string& path : candidates()) {
        handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (handle) break;
        error += error.empty() ? "" : "; ";
        error += dlerror();
      }
    }
    if (!handle) return;
    error.clear();
    const auto find = [&](const std::string& name) {
      void* found = dlsym(handle, ("scipy_" + name + "_").c_str());
      if (!found && error.empty()) error = "it has no function scipy_" + name + "_";
      return found;
    };
    const auto both = [&](void** to, const char* name) {
      to[0] = find(std::string("s") + name), to[1] = find(std::string("d") + name);
    };
    both(functions.potrf, "potrf"), both(functions.getrf, "getrf"), both(functions.geqrf, "geqrf");
    both(functions.orgqr, "orgqr"), both(functions.syevd, "syevd");
    if (auto* set = reinterpret_cast<void (*)(int)>(dlsym(handle, "scipy_openblas_set_num_threads"))) set(1);
  }
};

const Library& library() {
  static const Library& opened = *new Library;
  return opened;
}

template <class T, class... Args>
void call(void* const* functions, Args... args) {
  reinterpret_cast<void (*)(Args...)>(functions[sizeof(T) == 8])(args...);
}

}  // namespace

void require(std::string_view op) {
  const std::string& error = library().error;
  MX_CHECK(
      error.empty(), kUnsupported, "[", op,
      "] needs LAPACK: install the Python package scipy-openblas32, or let MX_OPENBLAS name the file of an OpenBLAS "
      "whose functions begin with scipy_ (",
      error, ")");
}

#define MX_LAPACK(T)                                                                                             \
  template <>                                                                                                    \
  int cholesky(T* a, int n) {                                                                                    \
    int info = 0;                                                                                                \
    call<T>(library().functions.potrf, "U", &n, a, &n, &info, size_t{1});                                        \
    return info;                                                                                                 \
  }                                                                                                              \
  template <>                                                                                                    \
  int lu(T* a, int n, int* pivots) {                                                                             \
    int info = 0;                                                                                                \
    call<T>(library().functions.getrf, &n, &n, a, &n, pivots, &info);                                            \
    return info;                                                                                                 \
  }                                                                                                              \
  template <>                                                                                                    \
  int lq(T* a, int m, int n, T* tau, T* work, int work_size) {                                                   \
    int info = 0;                                                                                                \
    call<T>(library().functions.geqrf, &n, &m, a, &n, tau, work, &work_size, &info);                             \
    return info;                                                                                                 \
  }                                                                                                              \
  template <>                                                                                                    \
  int lq_orthogonal(T* a, int m, int n, const T* tau, T* work, int work_size) {                                  \
    int info = 0;                                                                                                \
    call<T>(library().functions.orgqr, &n, &m, &m, a, &n, tau, work, &work_size, &info);                         \
    return info;                                                                                                 \
  }                                                                                                              \
  template <>                                                                                                    \
  int eigen(T* a, int n, T* values, T* work, int work_size, int* iwork, int iwork_size) {                        \
    int info = 0;                                                                                                \
    call<T>(library().functions.syevd, "V", "U", &n, a, &n, values, work, &work_size, iwork, &iwork_size, &info, \
            size_t{1}, size_t{1});                                                                               \
    return info;                                                                                                 \
  }
MX_LAPACK(float)
MX_LAPACK(double)
#undef MX_LAPACK

}  // namespace mx::lapack
