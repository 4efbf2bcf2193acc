// NCCL's C interface over the emulated runtime, for ranks of one process: plain reference loops on the device of rank
// 0, where all arrays are brought, and whence the results go. It is strict where the real library would wait for ever:
// the ranks of a group must come in one step (GroupStart, GroupEnd) and agree about what they want.
#include "nccl.h"

#include <cuda_runtime.h>

#include <map>
#include <string>
#include <vector>

#include "element.h"

namespace mx::cuda::nccl {
namespace {
constexpr Status kInvalidArgument = 4, kInvalidUsage = 5;
constexpr int kAllReduce = 0, kBroadcast = 1, kAllGather = 2, kReduceScatter = 3;

struct Call {
  int kind;
  const void* from;
  void* to;
  size_t count;
  DataType type;
  int op;  // or the root
  Comm comm;
  cudaStream_t stream;
  bool like(const Call& other) const {
    return kind == other.kind && count == other.count && type == other.type && op == other.op;
  }
};

int groups_made = 0;
thread_local bool open = false;
thread_local std::vector<Call> calls;
thread_local std::map<std::string, std::vector<Comm>> joining;

size_t bytes_of(DataType type) {
  return type == kInt8 || type == kUint8         ? 1
         : type == kFloat16 || type == kBfloat16 ? 2
         : type == kInt32 || type == kFloat32    ? 4
                                                 : 8;
}

template <class T>
T combine(int op, T a, T b) {
  return op == kSum ? T(a + b) : op == kProd ? T(a * b) : op == kMax ? (a > b ? a : b) : a < b ? a : b;
}
// to[i] = the combination of from[rank * count + i] over the ranks.
struct Reduction {
  const char* from;
  char* to;
  size_t count, ranks;
  int64_t op, type;
};
template <class T>
void reduce_integers(const Reduction& r) {
  const T* from = reinterpret_cast<const T*>(r.from);
  for (size_t i = 0; i < r.count; ++i) {
    T all = from[i];
    for (size_t rank = 1; rank < r.ranks; ++rank) all = combine(int(r.op), all, from[rank * r.count + i]);
    reinterpret_cast<T*>(r.to)[i] = all;
  }
}
void reduce(Reduction r) {
  switch (r.type) {
    case kInt8:
      return reduce_integers<int8_t>(r);
    case kUint8:
      return reduce_integers<uint8_t>(r);
    case kInt32:
      return reduce_integers<int32_t>(r);
    case kInt64:
      return reduce_integers<int64_t>(r);
    default:
      break;
  }
  const mx::DType type = r.type == kFloat64    ? mx::DType::kFloat64
                         : r.type == kFloat16  ? mx::DType::kFloat16
                         : r.type == kBfloat16 ? mx::DType::kBfloat16
                                               : mx::DType::kFloat32;
  for (size_t i = 0; i < r.count; ++i) {
    double all = get(r.from, type, int64_t(i));
    for (size_t rank = 1; rank < r.ranks; ++rank)
      all = combine(int(r.op), all, get(r.from, type, int64_t(rank * r.count + i)));
    put(r.to, type, int64_t(i), all);
  }
}
}  // namespace

struct CommOpaque {
  int rank, ranks, device;
  std::string id;
};

namespace {
// All ranks' calls of one collective, in the order of the ranks.
Status run(const std::vector<Call>& all) {
  const Call& first = all[0];
  const size_t ranks = all.size(), bytes = bytes_of(first.type),
               sent = first.kind == kReduceScatter ? first.count * ranks : first.count,
               got = first.kind == kAllGather ? first.count * ranks : first.count;
  cudaSetDevice(first.comm->device);
  void *gathered = nullptr, *reduced = nullptr;
  cudaMalloc(&gathered, sent * ranks * bytes), cudaMalloc(&reduced, sent * bytes);
  for (const Call& call : all) {
    cudaEvent_t ready;
    cudaSetDevice(call.comm->device);
    cudaEventCreateWithFlags(&ready, cudaEventDisableTiming), cudaEventRecord(ready, call.stream);
    cudaSetDevice(first.comm->device);
    cudaStreamWaitEvent(first.stream, ready);
    if (cudaMemcpyPeerAsync(static_cast<char*>(gathered) + size_t(call.comm->rank) * sent * bytes, first.comm->device,
                            call.from, call.comm->device, sent * bytes, first.stream))
      return kInvalidArgument;
  }
  if (first.kind == kAllReduce || first.kind == kReduceScatter) {
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(1), config.blockDim = dim3(1), config.stream = first.stream;
    const Reduction reduction{
        static_cast<const char*>(gathered), static_cast<char*>(reduced), sent, ranks, first.op, first.type};
    if (cudaLaunchKernelEx(&config, reduce, reduction)) return kInvalidArgument;
  }
  for (const Call& call : all) {
    const size_t rank = size_t(call.comm->rank);
    const char* from = first.kind == kAllReduce       ? static_cast<char*>(reduced)
                       : first.kind == kReduceScatter ? static_cast<char*>(reduced) + rank * got * bytes
                       : first.kind == kBroadcast     ? static_cast<char*>(gathered) + size_t(first.op) * sent * bytes
                                                      : static_cast<char*>(gathered);
    if (cudaMemcpyPeerAsync(call.to, call.comm->device, from, first.comm->device, got * bytes, first.stream))
      return kInvalidArgument;
  }
  cudaEvent_t done;
  cudaEventCreateWithFlags(&done, cudaEventDisableTiming), cudaEventRecord(done, first.stream);
  for (const Call& call : all) {
    cudaSetDevice(call.comm->device);
    if (call.stream != first.stream) cudaStreamWaitEvent(call.stream, done);
  }
  cudaSetDevice(first.comm->device);
  cudaFree(gathered), cudaFree(reduced);  // after the streams' work
  return 0;
}

Status add(const Call& call) {
  if (!open || !call.from || !call.to || !call.stream) return kInvalidUsage;
  calls.push_back(call);
  return 0;
}
}  // namespace

extern "C" {

Status ncclGetUniqueId(UniqueId* to) {
  *to = {};
  std::snprintf(to->bytes, sizeof to->bytes, "group %d", ++groups_made);
  return 0;
}
Status ncclCommInitRank(Comm* to, int ranks, UniqueId id, int rank) {
  if (!open || rank < 0 || rank >= ranks || !id.bytes[0]) return kInvalidUsage;
  int device = -1;
  cudaGetDevice(&device);
  *to = new CommOpaque{rank, ranks, device, id.bytes};
  joining[id.bytes].push_back(*to);
  return 0;
}
Status ncclCommDestroy(Comm comm) { return delete comm, 0; }
Status ncclGroupStart() { return open = true, 0; }
Status ncclGroupEnd() {
  open = false;
  for (const auto& [id, comms] : joining)
    if (comms.size() != size_t(comms[0]->ranks)) return joining.clear(), kInvalidUsage;
  joining.clear();
  if (calls.empty()) return 0;
  std::vector<Call> sorted(calls.size());
  bool whole = calls.size() == size_t(calls[0].comm->ranks);
  for (const Call& call : calls) {
    whole = whole && call.like(calls[0]) && call.comm->id == calls[0].comm->id;
    if (whole) sorted[size_t(call.comm->rank)] = call;
  }
  calls.clear();
  return whole ? run(sorted) : kInvalidUsage;
}
Status ncclAllReduce(const void* from, void* to, size_t count, DataType type, ReduceOp op, Comm comm,
                     cudaStream_t stream) {
  return add({kAllReduce, from, to, count, type, op, comm, stream});
}
Status ncclBroadcast(const void* from, void* to, size_t count, DataType type, int root, Comm comm,
                     cudaStream_t stream) {
  return add({kBroadcast, from, to, count, type, root, comm, stream});
}
Status ncclAllGather(const void* from, void* to, size_t count, DataType type, Comm comm, cudaStream_t stream) {
  return add({kAllGather, from, to, count, type, 0, comm, stream});
}
Status ncclReduceScatter(const void* from, void* to, size_t count, DataType type, ReduceOp op, Comm comm,
                         cudaStream_t stream) {
  return add({kReduceScatter, from, to, count, type, op, comm, stream});
}

}  // extern "C"
}  // namespace mx::cuda::nccl
