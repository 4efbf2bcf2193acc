// The part of cuBLASLt's C interface that is used, as NVIDIA documents it for version 13. It stands here because the
// library is opened at run time and its headers come with half a gigabyte; test_cuda_headers.py compares the two.
#pragma once
#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

namespace mx::cuda::cublaslt {

using Status = int;  // 0: success
using Handle = struct Context*;
using MatmulDesc = struct MatmulDescOpaque*;
using Layout = struct LayoutOpaque*;
using Preference = struct PreferenceOpaque*;

enum DataType : int { kFloat32 = 0, kFloat64 = 1, kFloat16 = 2, kBfloat16 = 14 };
enum ComputeType : int { kComputeFloat32 = 68, kComputeFloat64 = 70 };
enum Transpose : int32_t { kNo = 0, kYes = 1 };
// kRelu and kBias add up to the one that does both.
enum Epilogue : uint32_t { kNone = 1, kRelu = 2, kBias = 4, kReluBias = 6 };
enum MatmulDescAttribute : int { kTransposeA = 3, kTransposeB = 4, kEpilogue = 7, kBiasPointer = 8 };
enum LayoutAttribute : int { kBatchCount = 5, kBatchOffset = 6 };
enum PreferenceAttribute : int { kMaxWorkspace = 1, kAlignmentA = 5, kAlignmentB, kAlignmentC, kAlignmentD };

struct Algorithm {
  uint64_t data[8];
};
struct Heuristic {
  Algorithm algorithm;
  size_t workspace;
  Status state;
  float waves;
  int reserved[4];
};

#define MX_CUBLASLT(X)                                                                                             \
  X(Create, Handle*)                                                                                               \
  X(MatmulDescCreate, MatmulDesc*, ComputeType, DataType)                                                          \
  X(MatmulDescDestroy, MatmulDesc)                                                                                 \
  X(MatmulDescSetAttribute, MatmulDesc, MatmulDescAttribute, const void*, size_t)                                  \
  X(MatrixLayoutCreate, Layout*, DataType, uint64_t, uint64_t, int64_t)                                            \
  X(MatrixLayoutDestroy, Layout)                                                                                   \
  X(MatrixLayoutSetAttribute, Layout, LayoutAttribute, const void*, size_t)                                        \
  X(MatmulPreferenceCreate, Preference*)                                                                           \
  X(MatmulPreferenceDestroy, Preference)                                                                           \
  X(MatmulPreferenceSetAttribute, Preference, PreferenceAttribute, const void*, size_t)                            \
  X(MatmulAlgoGetHeuristic, Handle, MatmulDesc, Layout, Layout, Layout, Layout, Preference, int, Heuristic*, int*) \
  X(Matmul, Handle, MatmulDesc, const void*, const void*, Layout, const void*, Layout, const void*, const void*,   \
    Layout, void*, Layout, const Algorithm*, void*, size_t, cudaStream_t)

struct Table {
#define MX_MEMBER(name, ...) Status (*name)(__VA_ARGS__);
  MX_CUBLASLT(MX_MEMBER)
#undef MX_MEMBER
};

}  // namespace mx::cuda::cublaslt
