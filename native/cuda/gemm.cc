// Matrix products through cuBLASLt.
#include <array>
#include <map>
#include <memory>
#include <mutex>

#include "cublaslt.h"
#include "host.h"
#include "library.h"
#include "mx/base/dtype.h"

namespace mx::cuda {
namespace {
using namespace cublaslt;

constexpr Library kLibrary = {"cuBLAS", "cublasLt", "libcublasLt.so.13", "nvidia/cu13/lib", "nvidia-cublas>=13,<14"};
constexpr size_t kWorkspace = size_t{32} << 20;  // what NVIDIA recommends for Hopper; others take less
constexpr size_t kMostPlans = 4096;

MX_LIBRARY(kLibrary, MX_CUBLASLT)

// A matrix in column order, as cuBLASLt wants it; ours in row order are their transposes.
struct ColumnMajor {
  int64_t rows, columns, ld;
  bool transposed;  // it is the matrix itself that lies there, not its transpose
};
bool column_major(const MXMatrices& x, int64_t rows, int64_t columns, ColumnMajor& to) {
  if ((columns == 1 || x.column == 1) && (rows == 1 || x.row >= columns))
    to = {columns, rows, rows == 1 ? columns : x.row, false};
  else if ((rows == 1 || x.row == 1) && (columns == 1 || x.column >= rows))
    to = {rows, columns, columns == 1 ? rows : x.column, true};
  else
    return false;
  return true;
}

DataType type_of(DType dtype) {
  switch (dtype) {
    case DType::kFloat64:
      return kFloat64;
    case DType::kFloat16:
      return kFloat16;
    case DType::kBfloat16:
      return kBfloat16;
    default:
      return kFloat32;
  }
}

uint32_t alignment(const void* data) { return static_cast<uint32_t>(cuda::alignment(data, 256)); }

Epilogue epilogue(const MXGemm& g) {
  const uint32_t chosen = (g.bias ? kBias : 0u) | (g.activation == MX_GEMM_RELU ? kRelu : 0u);
  return chosen ? static_cast<Epilogue>(chosen) : kNone;
}

// What cuBLASLt was told of a product, and how it will compute it.
struct Plan {
  const Table& lt;
  Handle handle;
  std::mutex mutex;  // the address of the bias is part of `desc`
  MatmulDesc desc = nullptr;
  Layout a = nullptr, b = nullptr, c = nullptr;
  Heuristic chosen{};

  Plan(const Table& lt, Handle handle) : lt(lt), handle(handle) {}
  Plan(const Plan&) = delete;
  ~Plan() {
    if (desc) lt.MatmulDescDestroy(desc);
    for (Layout layout : {a, b, c})
      if (layout) lt.MatrixLayoutDestroy(layout);
  }

  template <class T>
  int set(MatmulDescAttribute attribute, T value) {
    return check(lt.MatmulDescSetAttribute(desc, attribute, &value, sizeof value), "MatmulDescSetAttribute");
  }
  int describe(Layout& to, DataType type, const ColumnMajor& x, int64_t batch, int64_t offset) {
    const auto rows = static_cast<uint64_t>(x.rows), columns = static_cast<uint64_t>(x.columns);
    if (const int failed = check(lt.MatrixLayoutCreate(&to, type, rows, columns, x.ld), "MatrixLayoutCreate"))
      return failed;
    if (batch == 1) return 0;
    const auto count = static_cast<int32_t>(batch);
    const int failed = check(lt.MatrixLayoutSetAttribute(to, kBatchCount, &count, sizeof count), "batch count");
    return failed ? failed
                  : check(lt.MatrixLayoutSetAttribute(to, kBatchOffset, &offset, sizeof offset), "batch offset");
  }

  int choose(const MXGemm& g) {
    Preference wish = nullptr;
    int failed = check(lt.MatmulPreferenceCreate(&wish), "MatmulPreferenceCreate"), found = 0;
    const auto set = [&](PreferenceAttribute attribute, auto value) {
      if (!failed)
        failed =
            check(lt.MatmulPreferenceSetAttribute(wish, attribute, &value, sizeof value), "PreferenceSetAttribute");
    };
    set(kMaxWorkspace, kWorkspace);
    set(kAlignmentA, alignment(g.b.data)), set(kAlignmentB, alignment(g.a.data));
    set(kAlignmentC, alignment(g.c.data)), set(kAlignmentD, alignment(g.c.data));
    if (!failed)
      failed = check(lt.MatmulAlgoGetHeuristic(handle, desc, a, b, c, c, wish, 1, &chosen, &found), "AlgoGetHeuristic");
    if (wish) lt.MatmulPreferenceDestroy(wish);
    if (!failed && (found == 0 || chosen.state != 0)) failed = fail("cuBLASLt knows no way to compute this product");
    return failed;
  }

  // c^T = b^T a^T: what lies in row order is transposed already.
  int make(const MXGemm& g, const ColumnMajor& left, const ColumnMajor& right, const ColumnMajor& to) {
    const DataType type = type_of(static_cast<DType>(g.dtype));
    const ComputeType compute = type == kFloat64 ? kComputeFloat64 : kComputeFloat32;
    int failed = check(lt.MatmulDescCreate(&desc, compute, type == kFloat64 ? kFloat64 : kFloat32), "MatmulDescCreate");
    if (!failed) failed = set(kTransposeA, right.transposed ? kYes : kNo);
    if (!failed) failed = set(kTransposeB, left.transposed ? kYes : kNo);
    if (!failed) failed = set(kEpilogue, epilogue(g));
    if (!failed && g.bias) failed = set(kBiasPointer, g.bias);
    if (!failed) failed = describe(a, type, right, g.batch, g.b.batch);
    if (!failed) failed = describe(b, type, left, g.batch, g.a.batch);
    if (!failed) failed = describe(c, type, to, g.batch, g.c.batch);
    return failed ? failed : choose(g);
  }

  int run(const MXGemm& g) {
    void* workspace = chosen.workspace ? g.workspace(g.context, chosen.workspace) : nullptr;
    if (chosen.workspace && !workspace) return 2;
    const bool wide = g.dtype == static_cast<int32_t>(DType::kFloat64);
    const double one = 1, zero = 0;
    const float one32 = 1, zero32 = 0;
    const void *alpha = wide ? static_cast<const void*>(&one) : &one32,
               *beta = wide ? static_cast<const void*>(&zero) : &zero32;
    const std::lock_guard lock(mutex);
    if (g.bias)
      if (const int failed = set(kBiasPointer, g.bias)) return failed;
    return check(lt.Matmul(handle, desc, alpha, g.b.data, a, g.a.data, b, beta, g.c.data, c, g.c.data, c,
                           &chosen.algorithm, workspace, chosen.workspace, static_cast<cudaStream_t>(g.stream)),
                 "Matmul");
  }
};

using Key = std::array<int64_t, 22>;

Key key_of(const MXGemm& g) {
  return {g.device,
          g.dtype,
          epilogue(g),
          g.batch,
          g.m,
          g.n,
          g.k,
          g.a.batch,
          g.a.row,
          g.a.column,
          g.b.batch,
          g.b.row,
          g.b.column,
          g.c.batch,
          g.c.row,
          g.c.column,
          alignment(g.a.data),
          alignment(g.b.data),
          alignment(g.c.data)};
}

// Of one device; the device is current.
struct State {
  std::mutex mutex;
  std::map<int32_t, Handle> handles;
  std::map<Key, std::shared_ptr<Plan>> plans;
};
State& state() {  // never destroyed: threads may outlive static destruction
  static State* const instance = new State;
  return *instance;
}

std::shared_ptr<Plan> find_plan(const Table& lt, const MXGemm& g) {
  State& s = state();
  const Key key = key_of(g);
  const std::lock_guard lock(s.mutex);
  if (const auto at = s.plans.find(key); at != s.plans.end()) return at->second;
  ColumnMajor left, right, to;
  if (!column_major(g.a, g.m, g.k, left) || !column_major(g.b, g.k, g.n, right) || !column_major(g.c, g.m, g.n, to) ||
      to.transposed) {
    fail("the strides of a product are none that cuBLASLt takes");
    return nullptr;
  }
  Handle& handle = s.handles[g.device];
  if (!handle && check(lt.Create(&handle), "Create")) return nullptr;
  const auto plan = std::make_shared<Plan>(lt, handle);
  if (plan->make(g, left, right, to)) return nullptr;
  if (s.plans.size() >= kMostPlans) s.plans.clear();
  return s.plans.emplace(key, plan).first->second;
}

}  // namespace

int gemm(const MXGemm* call) {
  const Table* lt = table();
  if (!lt) return 3;
  const std::shared_ptr<Plan> plan = find_plan(*lt, *call);
  return plan ? plan->run(*call) : 1;
}

}  // namespace mx::cuda
