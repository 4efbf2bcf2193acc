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
  void *potrf[2], *getrf[2], *geqrf[2], *orgqr[2], *syevd[2], *gemm[2], *laswp[2], *larft[2], *larfb[2];
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
    both(functions.orgqr, "orgqr"), both(functions.syevd, "syevd"), both(functions.gemm, "gemm");
    both(functions.laswp, "laswp"), both(functions.larft, "larft"), both(functions.larfb, "larfb");
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

#define MX_LAPACK(T)                                                                                                  \
  template <>                                                                                                         \
  int cholesky(T* a, int n, int row) {                                                                                \
    int info = 0;                                                                                                     \
    call<T>(library().functions.potrf, "U", &n, a, &row, &info, size_t{1});                                           \
    return info;                                                                                                      \
  }                                                                                                                   \
  template <>                                                                                                         \
  int lu(T* a, int rows, int columns, int row, int* pivots) {                                                         \
    int info = 0;                                                                                                     \
    call<T>(library().functions.getrf, &columns, &rows, a, &row, pivots, &info);                                      \
    return info;                                                                                                      \
  }                                                                                                                   \
  template <>                                                                                                         \
  int lq(T* a, int m, int n, int row, T* tau, T* work, int work_size) {                                               \
    int info = 0;                                                                                                     \
    call<T>(library().functions.geqrf, &n, &m, a, &row, tau, work, &work_size, &info);                                \
    return info;                                                                                                      \
  }                                                                                                                   \
  template <>                                                                                                         \
  int lq_orthogonal(T* a, int m, int n, const T* tau, T* work, int work_size) {                                       \
    int info = 0;                                                                                                     \
    call<T>(library().functions.orgqr, &n, &m, &m, a, &n, tau, work, &work_size, &info);                              \
    return info;                                                                                                      \
  }                                                                                                                   \
  template <>                                                                                                         \
  int eigen(T* a, int n, T* values, T* work, int work_size, int* iwork, int iwork_size) {                             \
    int info = 0;                                                                                                     \
    call<T>(library().functions.syevd, "V", "U", &n, a, &n, values, work, &work_size, iwork, &iwork_size, &info,      \
            size_t{1}, size_t{1});                                                                                    \
    return info;                                                                                                      \
  }                                                                                                                   \
  template <>                                                                                                         \
  void subtract_product(int m, int n, int k, const T* a, int a_row, const T* b, int b_row, bool transposed, T* c,     \
                        int c_row) {                                                                                  \
    const T minus = -1, one = 1;                                                                                      \
    call<T>(library().functions.gemm, transposed ? "T" : "N", "N", &n, &m, &k, &minus, b, &b_row, a, &a_row, &one, c, \
            &c_row, size_t{1}, size_t{1});                                                                            \
  }                                                                                                                   \
  template <>                                                                                                         \
  void swap_columns(T* a, int rows, int row, const int* pivots, int count) {                                          \
    const int one = 1;                                                                                                \
    call<T>(library().functions.laswp, &rows, a, &row, &one, &count, pivots, &one);                                   \
  }                                                                                                                   \
  template <>                                                                                                         \
  void join_reflectors(const T* reflectors, int row, const T* tau, int count, int size, T* triangle) {                \
    call<T>(library().functions.larft, "F", "C", &size, &count, reflectors, &row, tau, triangle, &count, size_t{1},   \
            size_t{1});                                                                                               \
  }                                                                                                                   \
  template <>                                                                                                         \
  void reflect(const T* reflectors, int row, const T* triangle, int count, int size, bool transposed, T* a, int rows, \
               int a_row, T* work) {                                                                                  \
    call<T>(library().functions.larfb, "L", transposed ? "T" : "N", "F", "C", &size, &rows, &count, reflectors, &row, \
            triangle, &count, a, &a_row, work, &rows, size_t{1}, size_t{1}, size_t{1}, size_t{1});                    \
  }
MX_LAPACK(float)
MX_LAPACK(double)
#undef MX_LAPACK

}  // namespace mx::lapack
