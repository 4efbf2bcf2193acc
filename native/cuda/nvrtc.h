// The part of NVRTC's C interface that is used, as NVIDIA documents it for version 13. It stands here because the
// library is opened at run time; test_cuda_headers.py compares the two.
#pragma once
#include <cstddef>

namespace mx::cuda::nvrtc {

using Status = int;  // 0: success
using Program = struct ProgramOpaque*;

#define MX_NVRTC(X)                                                                                 \
  X(CreateProgram, Program*, const char*, const char*, int, const char* const*, const char* const*) \
  X(DestroyProgram, Program*)                                                                       \
  X(CompileProgram, Program, int, const char* const*)                                               \
  X(GetPTXSize, Program, size_t*)                                                                   \
  X(GetPTX, Program, char*)                                                                         \
  X(GetCUBINSize, Program, size_t*)                                                                 \
  X(GetCUBIN, Program, char*)                                                                       \
  X(GetProgramLogSize, Program, size_t*)                                                            \
  X(GetProgramLog, Program, char*)

struct Table {
#define MX_MEMBER(name, ...) Status (*name)(__VA_ARGS__);
  MX_NVRTC(MX_MEMBER)
#undef MX_MEMBER
};

}  // namespace mx::cuda::nvrtc
