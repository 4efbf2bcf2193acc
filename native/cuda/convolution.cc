// Convolutions through cuDNN's graph interface: a graph of one operation, run as cuDNN's heuristics advise.
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "cudnn.h"
#include "host.h"
#include "library.h"
#include "mx/base/dtype.h"

namespace mx::cuda {
namespace {
using namespace cudnn;

constexpr Library kLibrary = {"cuDNN", "cudnn", "libcudnn.so.9", "nvidia/cudnn/lib", "nvidia-cudnn-cu13>=9,<10"};
constexpr int64_t kMostWorkspace = int64_t{1} << 30;
constexpr size_t kMostPlans = 4096;
constexpr int64_t kAlignment = 16;  // more does not help

struct Failure {
  int status;
};

MX_LIBRARY(kLibrary, MX_CUDNN)

const Table& dnn() {
  if (const Table* found = table()) return *found;
  throw Failure{3};
}

void require(Status status, const char* what) {
  if (const int failed = check(status, what)) throw Failure{failed};
}

class Owned {
 public:
  explicit Owned(DescriptorType type) {
    require(dnn().BackendCreateDescriptor(type, &handle_), "creating a descriptor");
  }
  Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Owned& operator=(Owned other) noexcept { return std::swap(handle_, other.handle_), *this; }
  ~Owned() {
    if (handle_) dnn().BackendDestroyDescriptor(handle_);
  }
  Descriptor get() const { return handle_; }

  void set(Attribute attribute, AttributeType type, int64_t count, const void* values) {
    require(dnn().BackendSetAttribute(handle_, attribute, type, count, values), "setting an attribute");
  }
  template <class T>
  void set(Attribute attribute, AttributeType type, const T& value) {
    set(attribute, type, 1, &value);
  }
  void set(Attribute attribute, const Owned& value) { set(attribute, kDescriptor, value.handle_); }
  Status try_finalize() { return dnn().BackendFinalize(handle_); }
  Owned&& finalized(const char* what) && {
    require(try_finalize(), what);
    return std::move(*this);
  }

 private:
  Descriptor handle_ = nullptr;
};

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

// cuDNN wants two spatial axes or three: one axis of size 1 stands before a single one.
std::vector<int64_t> spatial(const int64_t* values, int rank, int64_t missing) {
  std::vector<int64_t> all(values, values + rank);
  if (rank == 1) all.insert(all.begin(), missing);
  return all;
}
std::vector<int64_t> axes(const int64_t* values, int rank, int64_t missing) {
  std::vector<int64_t> all(values, values + 2 + rank);
  if (rank == 1) all.insert(all.begin() + 2, missing);
  return all;
}

constexpr int64_t kIds[] = {'x', 'w', 'y'};

Owned tensor(const MXConvolution& c, const MXImages& t, int64_t id) {
  const auto dims = axes(t.dims, c.rank, 1), strides = axes(t.strides, c.rank, t.strides[2] * t.dims[2]);
  Owned to(kTensor);
  to.set(kTensorDataType, kDataType, type_of(static_cast<DType>(c.dtype)));
  to.set(kTensorDims, kInt64, static_cast<int64_t>(dims.size()), dims.data());
  to.set(kTensorStrides, kInt64, static_cast<int64_t>(dims.size()), strides.data());
  to.set(kTensorId, kInt64, id);
  to.set(kTensorAlignment, kInt64, alignment(t.data, kAlignment));
  return std::move(to).finalized("a tensor");
}

Owned operation(const MXConvolution& c, const Owned& x, const Owned& w, const Owned& y) {
  const bool wide = c.dtype == static_cast<int32_t>(DType::kFloat64);
  const auto dilate = spatial(c.dilate, c.rank, 1), stride = spatial(c.stride, c.rank, 1),
             before = spatial(c.before, c.rank, 0), after = spatial(c.after, c.rank, 0);
  const auto rank = static_cast<int64_t>(dilate.size());
  Owned window(kConvolution);
  window.set(kConvolutionComputeType, kDataType, wide ? kFloat64 : kFloat32);
  window.set(kConvolutionModeOf, kConvolutionModeType, kCrossCorrelation);
  window.set(kConvolutionSpatialDims, kInt64, rank);
  window.set(kConvolutionDilations, kInt64, rank, dilate.data());
  window.set(kConvolutionStrides, kInt64, rank, stride.data());
  window.set(kConvolutionPaddingBefore, kInt64, rank, before.data());
  window.set(kConvolutionPaddingAfter, kInt64, rank, after.data());
  window = std::move(window).finalized("a convolution");

  constexpr DescriptorType kOperations[] = {kForward, kBackwardData, kBackwardFilter};
  constexpr Attribute kFirst[] = {kForwardAlpha, kBackwardDataAlpha, kBackwardFilterAlpha};
  Owned op(kOperations[c.kind]);
  const auto nth = [&](int i) { return static_cast<Attribute>(kFirst[c.kind] + i); };
  const double alpha = 1, beta = 0;
  const float alpha32 = 1, beta32 = 0;
  op.set(nth(0), wide ? kDouble : kFloat, 1, wide ? static_cast<const void*>(&alpha) : &alpha32);
  op.set(nth(1), wide ? kDouble : kFloat, 1, wide ? static_cast<const void*>(&beta) : &beta32);
  op.set(nth(2), window), op.set(nth(3), w), op.set(nth(4), x), op.set(nth(5), y);
  return std::move(op).finalized("an operation");
}

struct Plan {
  Owned config, plan;
  int64_t workspace;
};

// A handle serves one thread at a time. So do plans: cuDNN does not promise that threads may share one.
struct Session {
  Handle handle = nullptr;
  std::map<std::vector<int64_t>, Plan> plans;
};
class Lease {
 public:
  explicit Lease(int device) : device_(device) {
    {
      const std::lock_guard lock(pool().mutex);
      auto& free = pool().free[device];
      if (!free.empty()) session_ = std::move(free.back()), free.pop_back();
    }
    if (session_) return;
    session_ = std::make_unique<Session>();
    require(dnn().Create(&session_->handle), "Create");
  }
  ~Lease() {
    const std::lock_guard lock(pool().mutex);
    pool().free[device_].push_back(std::move(session_));
  }
  Lease(const Lease&) = delete;
  Session& session() const { return *session_; }

 private:
  struct Pool {
    std::mutex mutex;
    std::map<int, std::vector<std::unique_ptr<Session>>> free;
  };
  static Pool& pool() {  // never destroyed: threads may outlive static destruction
    static Pool* const instance = new Pool;
    return *instance;
  }
  int device_;
  std::unique_ptr<Session> session_;
};

// The first of the advised engines that takes this graph.
std::optional<Plan> advised(Handle handle, const Owned& graph, HeuristicMode mode) {
  Owned heuristic(kHeuristic);
  heuristic.set(kHeuristicGraph, graph);
  heuristic.set(kHeuristicMode, kHeuristicModeType, mode);
  if (heuristic.try_finalize()) return {};
  int64_t count = 0;
  if (dnn().BackendGetAttribute(heuristic.get(), kHeuristicResults, kDescriptor, 0, &count, nullptr)) return {};
  std::vector<Owned> configs;
  std::vector<Descriptor> handles;
  for (int64_t i = 0; i < count; ++i) handles.push_back(configs.emplace_back(kEngineConfig).get());
  require(dnn().BackendGetAttribute(heuristic.get(), kHeuristicResults, kDescriptor, count, &count, handles.data()),
          "reading the heuristics");
  for (int64_t i = 0; i < count; ++i) {
    Plan made{std::move(configs[static_cast<size_t>(i)]), Owned(kPlan), 0};
    made.plan.set(kPlanHandle, kHandle, handle);
    made.plan.set(kPlanEngineConfig, made.config);
    if (made.plan.try_finalize()) continue;
    int64_t got = 0;
    require(dnn().BackendGetAttribute(made.plan.get(), kPlanWorkspace, kInt64, 1, &got, &made.workspace),
            "reading a plan");
    if (made.workspace <= kMostWorkspace) return made;
  }
  return {};
}

Plan make_plan(const MXConvolution& c, Handle handle) {
  const Owned x = tensor(c, c.x, kIds[0]), w = tensor(c, c.w, kIds[1]), y = tensor(c, c.y, kIds[2]),
              op = operation(c, x, w, y);
  Owned graph(kGraph);
  graph.set(kGraphOperations, op);
  graph.set(kGraphHandle, kHandle, handle);
  graph = std::move(graph).finalized("a graph");
  for (const HeuristicMode mode : {kModeA, kFallback})
    if (auto plan = advised(handle, graph, mode)) return std::move(*plan);
  throw Failure{fail("cuDNN knows no way to compute this convolution")};
}

std::vector<int64_t> key_of(const MXConvolution& c) {
  std::vector<int64_t> key = {c.device, c.kind, c.rank, c.dtype};
  const int n = c.rank + 2;
  for (const MXImages* t : {&c.x, &c.w, &c.y}) {
    key.insert(key.end(), t->dims, t->dims + n);
    key.insert(key.end(), t->strides, t->strides + n);
    key.push_back(alignment(t->data, kAlignment));
  }
  for (const int64_t* values : {c.stride, c.dilate, c.before, c.after}) key.insert(key.end(), values, values + c.rank);
  return key;
}

const Plan& find_plan(const MXConvolution& c, Session& session) {
  auto key = key_of(c);
  if (const auto at = session.plans.find(key); at != session.plans.end()) return at->second;
  Plan plan = make_plan(c, session.handle);
  if (session.plans.size() >= kMostPlans) session.plans.clear();
  return session.plans.emplace(std::move(key), std::move(plan)).first->second;
}

}  // namespace

int convolve(const MXConvolution* call) try {
  const MXConvolution& c = *call;
  const Lease lease(c.device);
  const Handle handle = lease.session().handle;
  const Plan& plan = find_plan(c, lease.session());
  void* workspace = plan.workspace ? c.workspace(c.context, static_cast<size_t>(plan.workspace)) : nullptr;
  if (plan.workspace && !workspace) return 2;
  const void* const pointers[] = {c.x.data, c.w.data, c.y.data};
  Owned pack(kVariantPack);
  pack.set(kPackIds, kInt64, 3, kIds);
  pack.set(kPackPointers, kPointer, 3, pointers);
  pack.set(kPackWorkspace, kPointer, workspace);
  pack = std::move(pack).finalized("the arguments");
  require(dnn().SetStream(handle, static_cast<cudaStream_t>(c.stream)), "SetStream");
  require(dnn().BackendExecute(handle, plan.plan.get(), pack.get()), "a convolution");
  return 0;
} catch (const Failure& failure) {
  return failure.status;
} catch (const std::exception& error) {
  return fail(error.what());
}

}  // namespace mx::cuda
