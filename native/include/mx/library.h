/* Libraries of operators, which strangers write: see MXOperatorDef in mx/plugin.h. */
#ifndef MX_LIBRARY_H_
#define MX_LIBRARY_H_

#include "mx/c_api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Opens a library and lets it define operators; it stays open. They get the numbers first .. first + count - 1. */
MX_API int MXLibraryLoad(const char* path, int* first, int* count);

#ifdef __cplusplus
}
#endif
#endif
