// What the files of the plugin share: libmx's half of the table, and errors.
#pragma once
#include <cuda_runtime.h>

#include "mx/plugin.h"

namespace mx::cuda {

extern const MXPlugin* host;

int fail(const char* what, cudaError_t error);  // sets the message; non-zero
int fail(const char* what);

int gemm(const MXGemm* call);
int convolve(const MXConvolution* call);

}  // namespace mx::cuda
