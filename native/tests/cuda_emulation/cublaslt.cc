// cuBLASLt's C interface over the emulated runtime: plain reference loops, one emulated thread for each column. It is
// strict where the real library is: what it is given must fit what the algorithm was chosen for.
#include "cublaslt.h"

#include <cuda_runtime.h>

#include "element.h"

namespace mx::cuda::cublaslt {
namespace {

constexpr Status kInvalid = 7;
constexpr size_t kWorkspace = 4096;

struct Operand {
  uint64_t rows, columns;
  int64_t ld, offset;
  mx::DType type;
  int32_t padding;
};

mx::DType dtype_of(DataType type) {
  return type == kFloat64    ? mx::DType::kFloat64
         : type == kFloat16  ? mx::DType::kFloat16
         : type == kBfloat16 ? mx::DType::kBfloat16
                             : mx::DType::kFloat32;
}

// A launch checks that the pointers are memory of its device. Everything is set: what looks like a pointer is taken for
// one.
struct Product {
  const void *a, *b, *bias;
  void *c, *workspace;
  Operand left, right, out;
  int64_t transpose_a, transpose_b, relu;
  uint64_t inner;
};
void multiply(Product p) {
  const uint64_t column = blockIdx.x, batch = blockIdx.y;
  if (p.workspace) static_cast<char*>(p.workspace)[kWorkspace - 1] = 1;
  for (uint64_t row = 0; row < p.out.rows; ++row) {
    double sum = 0;
    for (uint64_t k = 0; k < p.inner; ++k) {
      const auto at_a = int64_t(batch) * p.left.offset +
                        (p.transpose_a ? int64_t(k) + int64_t(row) * p.left.ld : int64_t(row) + int64_t(k) * p.left.ld);
      const auto at_b = int64_t(batch) * p.right.offset + (p.transpose_b ? int64_t(column) + int64_t(k) * p.right.ld
                                                                         : int64_t(k) + int64_t(column) * p.right.ld);
      sum += get(p.a, p.left.type, at_a) * get(p.b, p.right.type, at_b);
    }
    if (p.bias) sum += get(p.bias, p.out.type, int64_t(row));
    if (p.relu && sum < 0) sum = 0;
    put(p.c, p.out.type, int64_t(batch) * p.out.offset + int64_t(row) + int64_t(column) * p.out.ld, sum);
  }
}

bool aligned(const void* data, uint64_t bytes) { return reinterpret_cast<uintptr_t>(data) % bytes == 0; }

}  // namespace

struct Context {};
struct MatmulDescOpaque {
  ComputeType compute;
  DataType scale;
  int32_t transpose_a = kNo, transpose_b = kNo;
  uint32_t epilogue = kNone;
  const void* bias = nullptr;
};
struct LayoutOpaque {
  Operand matrix;
  int32_t batch = 1;
};
struct PreferenceOpaque {
  size_t workspace = 0;
  uint32_t alignment[4] = {256, 256, 256, 256};
};

template <class T>
static Status take(T& to, const void* value, size_t bytes) {
  if (bytes != sizeof to) return kInvalid;
  memcpy(&to, value, bytes);
  return 0;
}

extern "C" {

Status cublasLtCreate(Handle* to) { return *to = new Context, 0; }

Status cublasLtMatmulDescCreate(MatmulDesc* to, ComputeType compute, DataType scale) {
  return *to = new MatmulDescOpaque{compute, scale}, 0;
}
Status cublasLtMatmulDescDestroy(MatmulDesc desc) { return delete desc, 0; }
Status cublasLtMatmulDescSetAttribute(MatmulDesc desc, MatmulDescAttribute attribute, const void* value, size_t bytes) {
  switch (attribute) {
    case kTransposeA:
      return take(desc->transpose_a, value, bytes);
    case kTransposeB:
      return take(desc->transpose_b, value, bytes);
    case kEpilogue:
      return take(desc->epilogue, value, bytes);
    case kBiasPointer:
      return take(desc->bias, value, bytes);
  }
  return kInvalid;
}

Status cublasLtMatrixLayoutCreate(Layout* to, DataType type, uint64_t rows, uint64_t columns, int64_t ld) {
  if (!rows || !columns || ld < int64_t(rows)) return kInvalid;
  return *to = new LayoutOpaque{{rows, columns, ld, 0, dtype_of(type), 0}}, 0;
}
Status cublasLtMatrixLayoutDestroy(Layout layout) { return delete layout, 0; }
Status cublasLtMatrixLayoutSetAttribute(Layout layout, LayoutAttribute attribute, const void* value, size_t bytes) {
  return attribute == kBatchCount ? take(layout->batch, value, bytes) : take(layout->matrix.offset, value, bytes);
}

Status cublasLtMatmulPreferenceCreate(Preference* to) { return *to = new PreferenceOpaque, 0; }
Status cublasLtMatmulPreferenceDestroy(Preference preference) { return delete preference, 0; }
Status cublasLtMatmulPreferenceSetAttribute(Preference preference, PreferenceAttribute attribute, const void* value,
                                            size_t bytes) {
  return attribute == kMaxWorkspace ? take(preference->workspace, value, bytes)
                                    : take(preference->alignment[attribute - kAlignmentA], value, bytes);
}

Status cublasLtMatmulAlgoGetHeuristic(Handle, MatmulDesc desc, Layout a, Layout b, Layout c, Layout d,
                                      Preference preference, int, Heuristic* to, int* found) {
  const auto rows = [](Layout x, int32_t t) { return t ? x->matrix.columns : x->matrix.rows; };
  const auto columns = [](Layout x, int32_t t) { return t ? x->matrix.rows : x->matrix.columns; };
  *found = 0;
  if (rows(a, desc->transpose_a) != d->matrix.rows || columns(b, desc->transpose_b) != d->matrix.columns ||
      columns(a, desc->transpose_a) != rows(b, desc->transpose_b) || a->batch != d->batch || b->batch != d->batch ||
      c->matrix.rows != d->matrix.rows || preference->workspace < kWorkspace)
    return kInvalid;
  const bool wide = d->matrix.type == mx::DType::kFloat64;
  if (desc->compute != (wide ? kComputeFloat64 : kComputeFloat32) || (wide && desc->epilogue != kNone)) return 0;
  *to = {}, to->workspace = kWorkspace, *found = 1;
  for (int i = 0; i < 4; ++i) to->algorithm.data[i] = preference->alignment[i];
  return 0;
}

Status cublasLtMatmul(Handle, MatmulDesc desc, const void*, const void* a, Layout left, const void* b, Layout right,
                      const void*, const void* c, Layout, void* d, Layout out, const Algorithm* algorithm,
                      void* workspace, size_t bytes, cudaStream_t stream) {
  const uint64_t* wanted = algorithm->data;
  if (!aligned(a, wanted[0]) || !aligned(b, wanted[1]) || !aligned(c, wanted[2]) || !aligned(d, wanted[3]) ||
      bytes < kWorkspace)
    return kInvalid;
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(unsigned(out->matrix.columns), unsigned(out->batch)), config.blockDim = dim3(1);
  config.stream = stream;
  const Product product{a,
                        b,
                        desc->epilogue & kBias ? desc->bias : nullptr,
                        d,
                        workspace,
                        left->matrix,
                        right->matrix,
                        out->matrix,
                        desc->transpose_a == kYes,
                        desc->transpose_b == kYes,
                        desc->epilogue & kRelu,
                        desc->transpose_a ? left->matrix.rows : left->matrix.columns};
  return cudaLaunchKernelEx(&config, multiply, product) == cudaSuccess ? 0 : 13;
}

}  // extern "C"
}  // namespace mx::cuda::cublaslt
