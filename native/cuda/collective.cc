// Sums and copies over several devices through NCCL: the devices of one process, or of several.
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "host.h"
#include "library.h"
#include "mx/base/dtype.h"
#include "nccl.h"

namespace mx::cuda {
namespace {
using namespace nccl;

constexpr Library kLibrary = {
    "NCCL", "nccl", "libnccl.so.2", "nvidia/nccl/lib", "nvidia-nccl-cu13>=2.27,<3", " (NCCL_DEBUG=WARN tells more)"};

MX_LIBRARY(kLibrary, MX_NCCL)

bool type_of(DType dtype, DataType& to) {
  switch (dtype) {
    case DType::kFloat32:
      return to = kFloat32, true;
    case DType::kFloat64:
      return to = kFloat64, true;
    case DType::kFloat16:
      return to = kFloat16, true;
    case DType::kBfloat16:
      return to = kBfloat16, true;
    case DType::kUint8:
      return to = kUint8, true;
    case DType::kInt8:
      return to = kInt8, true;
    case DType::kInt32:
      return to = kInt32, true;
    case DType::kInt64:
      return to = kInt64, true;
    default:
      return false;
  }
}

// The devices of this process in a group. NCCL wants one thread at a time.
struct Group {
  std::mutex mutex;
  std::vector<int32_t> devices;
  std::vector<Comm> comms;
};

// Calls fn(i) for every device, as one step: NCCL would wait for ever if the devices came one after another.
template <class F>
int together(const Table& nccl, const std::vector<int32_t>& devices, const char* what, F fn) {
  int failed = check(nccl.GroupStart(), "GroupStart");
  if (failed) return failed;
  for (size_t i = 0; i < devices.size() && !failed; ++i) {
    const cudaError_t error = cudaSetDevice(devices[i]);
    failed = error == cudaSuccess ? check(fn(i), what) : fail("cudaSetDevice", error);
  }
  const int ended = check(nccl.GroupEnd(), failed ? "GroupEnd" : what);
  return failed ? failed : ended;
}

}  // namespace

int comm_id(char* id) {
  static_assert(sizeof(UniqueId) == MX_COMM_ID_BYTES);
  const Table* const nccl = table();
  if (!nccl) return 3;
  UniqueId made;
  if (const int failed = check(nccl->GetUniqueId(&made), "GetUniqueId")) return failed;
  std::memcpy(id, made.bytes, sizeof made.bytes);
  return 0;
}

int comm_join(const MXCommJoin* call, void** out) {
  const Table* const nccl = table();
  if (!nccl) return 3;
  auto group = std::make_unique<Group>();
  group->devices.assign(call->devices, call->devices + call->count);
  group->comms.resize(group->devices.size());
  UniqueId id;
  std::memcpy(id.bytes, call->id, sizeof id.bytes);
  const int failed = together(*nccl, group->devices, "CommInitRank", [&](size_t i) {
    return nccl->CommInitRank(&group->comms[i], call->ranks, id, call->rank[i]);
  });
  if (failed) return failed;
  *out = group.release();
  return 0;
}

int comm_leave(void* comm) {
  const std::unique_ptr<Group> group(static_cast<Group*>(comm));
  const Table* const nccl = table();
  if (!nccl) return 3;
  return together(*nccl, group->devices, "CommDestroy", [&](size_t i) { return nccl->CommDestroy(group->comms[i]); });
}

int collective(void* comm, const MXCollective* call) {
  const Table* const nccl = table();
  if (!nccl) return 3;
  auto& group = *static_cast<Group*>(comm);
  DataType type;
  if (!type_of(static_cast<DType>(call->dtype), type)) return fail("NCCL has no numbers of this dtype");
  if (call->kind < MX_ALL_REDUCE || call->kind > MX_REDUCE_SCATTER || call->op < MX_REDUCE_SUM ||
      call->op > MX_REDUCE_MIN)
    return fail("unknown kind or operation of a collective");
  const auto op = static_cast<ReduceOp>(call->op);
  const auto size = static_cast<size_t>(call->size);
  const std::lock_guard lock(group.mutex);
  return together(*nccl, group.devices, "collective", [&](size_t i) {
    const void* const from = call->from[i];
    void* const to = call->to[i];
    const Comm at = group.comms[i];
    const auto stream = static_cast<cudaStream_t>(call->streams[i]);
    switch (call->kind) {
      case MX_ALL_REDUCE:
        return nccl->AllReduce(from, to, size, type, op, at, stream);
      case MX_BROADCAST:
        return nccl->Broadcast(from, to, size, type, call->root, at, stream);
      case MX_ALL_GATHER:
        return nccl->AllGather(from, to, size, type, at, stream);
      default:
        return nccl->ReduceScatter(from, to, size, type, op, at, stream);
    }
  });
}

}  // namespace mx::cuda
