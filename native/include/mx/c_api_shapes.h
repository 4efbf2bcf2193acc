/* The part of the C interface that says what shapes mean. See c_api.h for errors. */
#ifndef MX_C_API_SHAPES_H_
#define MX_C_API_SHAPES_H_
#include "mx/c_api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whether this thread takes the shapes in parameters and variables as NumPy does: () is a single number, 0 a length,
 * and -1 unknown. Otherwise () and 0 are what is unknown. */
MX_API int MXSetNumpyShapes(int active, int* previous);

#ifdef __cplusplus
}
#endif
#endif
