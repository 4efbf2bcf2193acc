// The part of cuDNN's graph interface (the backend API) that convolutions use, as NVIDIA documents it for version 9. It
// stands here because the library is opened at run time and its headers come with half a gigabyte;
// test_cuda_headers.py compares the two.
#pragma once
#include <cuda_runtime.h>

#include <cstdint>

namespace mx::cuda::cudnn {

using Status = int;  // 0: success
using Handle = struct Context*;
using Descriptor = void*;

enum DataType : int { kFloat32 = 0, kFloat64 = 1, kFloat16 = 2, kBfloat16 = 9 };
enum ConvolutionMode : int { kCrossCorrelation = 1 };
enum HeuristicMode : int { kFallback = 2, kModeA = 3 };
enum DescriptorType : int {
  kConvolution = 1,
  kEngineConfig = 3,
  kHeuristic = 4,
  kPlan = 5,
  kForward = 10,
  kBackwardFilter = 11,
  kBackwardData = 12,
  kGraph = 15,
  kVariantPack = 16,
  kTensor = 17
};
enum Attribute : int {
  kConvolutionComputeType = 100,
  kConvolutionModeOf = 101,
  kConvolutionDilations = 102,
  kConvolutionStrides = 103,
  kConvolutionPaddingAfter = 104,
  kConvolutionPaddingBefore = 105,
  kConvolutionSpatialDims = 106,
  kHeuristicMode = 200,
  kHeuristicGraph = 201,
  kHeuristicResults = 202,
  kPlanHandle = 400,
  kPlanEngineConfig = 401,
  kPlanWorkspace = 402,
  // Of the three operations; alpha, beta, convolution and three tensors follow each other.
  kForwardAlpha = 700,
  kBackwardDataAlpha = 706,
  kBackwardFilterAlpha = 712,
  kGraphHandle = 800,
  kGraphOperations = 801,
  kTensorAlignment = 900,
  kTensorDataType = 901,
  kTensorDims = 902,
  kTensorStrides = 903,
  kTensorId = 906,
  kPackIds = 1000,
  kPackPointers = 1001,
  kPackWorkspace = 1003
};
enum AttributeType : int {
  kHandle = 0,
  kDataType = 1,
  kInt64 = 3,
  kFloat = 4,
  kDouble = 5,
  kPointer = 6,
  kConvolutionModeType = 7,
  kHeuristicModeType = 8,
  kDescriptor = 15
};

#define MX_CUDNN(X)                                                                      \
  X(Create, Handle*)                                                                     \
  X(SetStream, Handle, cudaStream_t)                                                     \
  X(BackendCreateDescriptor, DescriptorType, Descriptor*)                                \
  X(BackendDestroyDescriptor, Descriptor)                                                \
  X(BackendSetAttribute, Descriptor, Attribute, AttributeType, int64_t, const void*)     \
  X(BackendGetAttribute, Descriptor, Attribute, AttributeType, int64_t, int64_t*, void*) \
  X(BackendFinalize, Descriptor)                                                         \
  X(BackendExecute, Handle, Descriptor, Descriptor)

struct Table {
#define MX_MEMBER(name, ...) Status (*name)(__VA_ARGS__);
  MX_CUDNN(MX_MEMBER)
#undef MX_MEMBER
};

}  // namespace mx::cuda::cudnn
