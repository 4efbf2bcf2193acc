/* The part of the C interface that says whether gradients are new. See c_api.h for errors. */
#ifndef MX_C_API_GRADIENTS_H_
#define MX_C_API_GRADIENTS_H_
#include "mx/c_api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whether a backward has written the gradient of this variable since its state was last set to 0. 0 of others. */
MX_API int MXNDArrayGetGradState(MXNDArrayHandle array, int* out);
MX_API int MXNDArraySetGradState(MXNDArrayHandle array, int state);

#ifdef __cplusplus
}
#endif
#endif
