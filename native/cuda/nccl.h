// The part of NCCL's C interface that is used, as NVIDIA documents it for version 2. It stands here because the library
// is opened at run time; test_cuda_headers.py compares the two.
#pragma once
#include <cuda_runtime.h>

#include <cstddef>

namespace mx::cuda::nccl {

using Status = int;  // 0: success
using Comm = struct CommOpaque*;
struct UniqueId {
  char bytes[128];
};

enum DataType : int {
  kInt8 = 0,
  kUint8 = 1,
  kInt32 = 2,
  kInt64 = 4,
  kFloat16 = 6,
  kFloat32 = 7,
  kFloat64 = 8,
  kBfloat16 = 9
};
enum ReduceOp : int { kSum = 0, kProd = 1, kMax = 2, kMin = 3 };

#define MX_NCCL(X)                                                                 \
  X(GetUniqueId, UniqueId*)                                                        \
  X(CommInitRank, Comm*, int, UniqueId, int)                                       \
  X(CommDestroy, Comm)                                                             \
  X(GroupStart)                                                                    \
  X(GroupEnd)                                                                      \
  X(AllReduce, const void*, void*, size_t, DataType, ReduceOp, Comm, cudaStream_t) \
  X(Broadcast, const void*, void*, size_t, DataType, int, Comm, cudaStream_t)      \
  X(AllGather, const void*, void*, size_t, DataType, Comm, cudaStream_t)           \
  X(ReduceScatter, const void*, void*, size_t, DataType, ReduceOp, Comm, cudaStream_t)

struct Table {
#define MX_MEMBER(name, ...) Status (*name)(__VA_ARGS__);
  MX_NCCL(MX_MEMBER)
#undef MX_MEMBER
};

}  // namespace mx::cuda::nccl
