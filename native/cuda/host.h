// What the files of the plugin share: libmx's half of the table, and errors.
#pragma once
#include <cuda_runtime.h>

#include "mx/plugin.h"

namespace mx::cuda {

extern const MXPlugin* host;

int fail(const char* what, cudaError_t error);  // sets the message; non-zero
int fail(const char* what);

// The largest power of two up to `most` that divides the address.
inline int64_t alignment(const void* data, int64_t most) {
  const int64_t address = reinterpret_cast<intptr_t>(data) | most;
  return address & -address;
}

int gemm(const MXGemm* call);
int convolve(const MXConvolution* call);
int comm_id(char* id);
int comm_join(const MXCommJoin* group, void** out);
int comm_leave(void* comm);
int collective(void* comm, const MXCollective* call);
int compile(const MXSource* source);

}  // namespace mx::cuda
