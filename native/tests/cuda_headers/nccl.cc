#include "cuda/nccl.h"

#include <nccl.h>

#include "same.h"

using namespace mx::cuda::nccl;

#define MX_SAME(name, ...) static_assert(same_call<decltype(&nccl##name), decltype(Table::name)>, #name);
MX_NCCL(MX_SAME)

static_assert(sizeof(UniqueId) == sizeof(ncclUniqueId) && ncclSuccess == 0);
#define MX_EQUAL(ours, theirs) static_assert(int{ours} == int{theirs}, #theirs);
MX_EQUAL(kInt8, ncclInt8)
MX_EQUAL(kUint8, ncclUint8)
MX_EQUAL(kInt32, ncclInt32)
MX_EQUAL(kInt64, ncclInt64)
MX_EQUAL(kFloat16, ncclFloat16)
MX_EQUAL(kFloat32, ncclFloat32)
MX_EQUAL(kFloat64, ncclFloat64)
MX_EQUAL(kBfloat16, ncclBfloat16)
MX_EQUAL(kSum, ncclSum)
MX_EQUAL(kProd, ncclProd)
MX_EQUAL(kMax, ncclMax)
MX_EQUAL(kMin, ncclMin)
