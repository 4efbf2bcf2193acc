#include "cuda/cublaslt.h"

#include <cublasLt.h>

#include "same.h"

using namespace mx::cuda::cublaslt;

#define MX_SAME(name, ...) static_assert(same_call<decltype(&cublasLt##name), decltype(Table::name)>, #name);
MX_CUBLASLT(MX_SAME)

static_assert(CUBLAS_STATUS_SUCCESS == 0);
static_assert(int{kFloat32} == int{CUDA_R_32F} && int{kFloat64} == int{CUDA_R_64F});
static_assert(int{kFloat16} == int{CUDA_R_16F} && int{kBfloat16} == int{CUDA_R_16BF});
static_assert(int{kComputeFloat32} == int{CUBLAS_COMPUTE_32F} && int{kComputeFloat64} == int{CUBLAS_COMPUTE_64F});
static_assert(int{kNo} == int{CUBLAS_OP_N} && int{kYes} == int{CUBLAS_OP_T});
static_assert(unsigned{kNone} == unsigned{CUBLASLT_EPILOGUE_DEFAULT} &&
              unsigned{kBias} == unsigned{CUBLASLT_EPILOGUE_BIAS} &&
              unsigned{kRelu} == unsigned{CUBLASLT_EPILOGUE_RELU} &&
              unsigned{kReluBias} == unsigned{CUBLASLT_EPILOGUE_RELU_BIAS});
static_assert(int{kTransposeA} == int{CUBLASLT_MATMUL_DESC_TRANSA} &&
              int{kTransposeB} == int{CUBLASLT_MATMUL_DESC_TRANSB});
static_assert(int{kEpilogue} == int{CUBLASLT_MATMUL_DESC_EPILOGUE} &&
              int{kBiasPointer} == int{CUBLASLT_MATMUL_DESC_BIAS_POINTER});
static_assert(int{kBatchCount} == int{CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT} &&
              int{kBatchOffset} == int{CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET});
static_assert(int{kMaxWorkspace} == int{CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES} &&
              int{kAlignmentA} == int{CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES} &&
              int{kAlignmentB} == int{CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES} &&
              int{kAlignmentC} == int{CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES} &&
              int{kAlignmentD} == int{CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES});
static_assert(sizeof(Algorithm) == sizeof(cublasLtMatmulAlgo_t));
static_assert(sizeof(Heuristic) == sizeof(cublasLtMatmulHeuristicResult_t) &&
              offsetof(Heuristic, workspace) == offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize) &&
              offsetof(Heuristic, state) == offsetof(cublasLtMatmulHeuristicResult_t, state));
