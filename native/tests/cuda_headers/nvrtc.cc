#include "cuda/nvrtc.h"

#include <nvrtc.h>

#include "same.h"

using namespace mx::cuda::nvrtc;

#define MX_SAME(name, ...) static_assert(same_call<decltype(&nvrtc##name), decltype(Table::name)>, #name);
MX_NVRTC(MX_SAME)

static_assert(NVRTC_SUCCESS == 0);
