/* The contract of libmx: every front end and every extension goes through these functions.
 *
 * Conventions
 * - A function returns MX_OK or the status of what went wrong; MXGetLastError() then has the message (per thread).
 * - A handle is owned by who received it from a function whose out parameter is said to be "new"; give it back with its
 *   Release function. Retain/Release are cheap and thread-safe.
 * - Pointers returned for reading (strings, lists) belong to libmx. They stay valid until the next call of the same
 *   function on the same thread, unless the page says otherwise.
 * - Shapes are int64 dimensions; ndim -1 means that nothing is known, a dimension of -1 that it is unknown.
 * - dtypes are the numbers of the .params format (MX_FLOAT32 ...). Devices: 1 cpu, 2 gpu, 3 cpu_pinned, 5 cpu_shared.
 */
#ifndef MX_C_API_H_
#define MX_C_API_H_
#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

#define MX_API __attribute__((visibility("default")))

/* Raised whenever a function or struct of this header changes its meaning. */
#define MX_ABI_VERSION 1

typedef enum MXStatus {
  MX_OK = 0,
  MX_ERROR_INTERNAL = 1,
  MX_ERROR_VALUE = 2,
  MX_ERROR_TYPE = 3,
  MX_ERROR_INDEX = 4,
  MX_ERROR_MEMORY = 5,
  MX_ERROR_UNSUPPORTED = 6,
  MX_ERROR_FILE = 7,
  MX_ERROR_INTERRUPTED = 8
} MXStatus;

enum {
  MX_FLOAT32 = 0,
  MX_FLOAT64 = 1,
  MX_FLOAT16 = 2,
  MX_UINT8 = 3,
  MX_INT32 = 4,
  MX_INT8 = 5,
  MX_INT64 = 6,
  MX_BOOL = 7,
  MX_BFLOAT16 = 12
};
enum { MX_CPU = 1, MX_GPU = 2, MX_CPU_PINNED = 3, MX_CPU_SHARED = 5 };
enum { MX_REQ_NULL = 0, MX_REQ_WRITE = 1, MX_REQ_ADD = 3 };

typedef struct MXNDArray* MXNDArrayHandle;
typedef struct MXSymbol* MXSymbolHandle;
typedef struct MXExecutor* MXExecutorHandle;
typedef struct MXNDArrayList* MXNDArrayListHandle;

/* ---- library ----------------------------------------------------------------------------------------------------- */

/* "0.1.0". Valid for ever. */
MX_API const char* MXGetVersion(void);
/* The MX_ABI_VERSION that libmx was built with: compare it with yours. */
MX_API int MXGetAbiVersion(void);
/* Message of the last failure on this thread. */
MX_API const char* MXGetLastError(void);
/* "isa_v4" or "isa_v3": the loops in use. Fails with MX_ERROR_UNSUPPORTED on a processor below x86-64-v3. */
MX_API int MXGetInstructionSet(const char** out);
/* Threads that one call may use; the initial value is MX_NUM_THREADS, OMP_NUM_THREADS, or the usable cores. */
MX_API int MXGetNumThreads(int* out);
MX_API int MXSetNumThreads(int count);
/* How often a call has used several threads, since the start. */
MX_API int MXCountTeams(int64_t* out);
/* A function that libmx calls between operators of long work; non-zero stops the work with MX_ERROR_INTERRUPTED. */
MX_API int MXSetInterruptCheck(int (*check)(void));

/* ---- memory ------------------------------------------------------------------------------------------------------ */

typedef struct MXMemoryInfo {
  int64_t used;        /* bytes in live arrays */
  int64_t cached;      /* bytes kept for reuse */
  int64_t peak;        /* highest `used` so far */
  int64_t limit;       /* of cached; negative: none */
  int64_t allocations; /* blocks handed out */
  int64_t hits;        /* of them from the cache */
} MXMemoryInfo;
MX_API int MXMemoryGetInfo(int device_type, int device_id, MXMemoryInfo* out);
/* Gives the blocks that no array uses back to the system. */
MX_API int MXMemoryEmptyCache(int device_type, int device_id);
/* Bytes that the cache may keep; 0 keeps nothing, -1 everything. The initial value is MX_MEM_POOL_LIMIT or -1. */
MX_API int MXMemorySetLimit(int device_type, int device_id, int64_t bytes);

/* ---- devices ----------------------------------------------------------------------------------------------------- */

/* Where the library of a device plugin is (see plugin.h). Before the first use of a GPU; MX_CUDA_PLUGIN in the
 * environment wins. It is opened at that first use. */
MX_API int MXDeviceSetPlugin(const char* path);
/* GPUs that can be used: 0 where the plugin, a driver or a device is missing. */
MX_API int MXDeviceCount(int* out);
/* Fails with MX_ERROR_UNSUPPORTED, and what to install, where there is no such device. */
MX_API int MXDeviceCheck(int device_type, int device_id);
/* Bytes of the device that nobody uses, and all. Blocks in the cache count as used. */
MX_API int MXDeviceGetMemory(int device_type, int device_id, int64_t* free_bytes, int64_t* total_bytes);
/* 1: the operator has kernels for GPUs; 2: it is made of other operators. Only with a plugin that can be used. */
MX_API int MXDeviceHasOp(int op, int* out);

/* ---- engine ------------------------------------------------------------------------------------------------------ */

/* Queue fn(context) on a worker thread. It starts when no earlier work writes what it reads or uses what it writes, and
 * later work on those arrays waits for it. fn returns 0, or non-zero after filling `message` (`size` bytes): the error
 * then surfaces once, at the first wait that needs a written array. `release` (may be NULL) is called at the end. */
MX_API int MXEnginePush(int (*fn)(void* context, char* message, size_t size), void* context, void (*release)(void*),
                        const MXNDArrayHandle* reads, int num_reads, const MXNDArrayHandle* writes, int num_writes);
MX_API int MXEngineWaitAll(void);
/* Called on a thread that has to wait, before and after; `after` gets what `before` returned. A front end gives its
 * global lock away meanwhile (if the thread holds it). */
MX_API int MXSetWaitHooks(void* (*before)(void), void (*after)(void* token));

/* ---- random ------------------------------------------------------------------------------------------------------ */

/* device_type 0: every device. Equal seeds give equal numbers at any number of threads. */
MX_API int MXRandomSeed(int64_t seed, int device_type, int device_id);

/* ---- arrays ------------------------------------------------------------------------------------------------------ */

typedef struct MXArrayInfo {
  void* data;
  const int64_t* shape; /* valid while the handle lives */
  int32_t ndim;         /* -1: the array is "none" */
  int32_t dtype;
  int32_t device_type, device_id;
  int64_t size; /* elements */
} MXArrayInfo;

/* new: uninitialised, dense, C order. */
MX_API int MXNDArrayCreate(const int64_t* shape, int ndim, int dtype, int device_type, int device_id,
                           MXNDArrayHandle* out);
/* new: around somebody else's memory (C order), with release(context) called when the last user is gone. */
MX_API int MXNDArrayFromMemory(void* data, const int64_t* shape, int ndim, int dtype, void (*release)(void*),
                               void* context, MXNDArrayHandle* out);
MX_API int MXNDArrayRetain(MXNDArrayHandle array);
MX_API int MXNDArrayRelease(MXNDArrayHandle array);
/* Doesn't wait for pending work. */
MX_API int MXNDArrayGetInfo(MXNDArrayHandle array, MXArrayInfo* out);
/* new: shares memory; starts `offset` elements into `array`. Records nothing: gradients need _view_slice or Reshape. */
MX_API int MXNDArrayView(MXNDArrayHandle array, int64_t offset, const int64_t* shape, int ndim, MXNDArrayHandle* out);
MX_API int MXNDArrayWaitToRead(MXNDArrayHandle array);
MX_API int MXNDArrayWaitToWrite(MXNDArrayHandle array);
/* Raised by one at every write. */
MX_API int MXNDArrayGetVersion(MXNDArrayHandle array, uint64_t* out);
/* From now on others may write the array's memory through its pointer, unseen: nothing computed from it is kept between
 * calls. To be called before the pointer is lent; MXNDArrayToDLPack does it, and borrowed memory is such from the
 * start. */
MX_API int MXNDArrayShareMemory(MXNDArrayHandle array);
/* Copies of exactly the array's bytes; both wait as needed. */
MX_API int MXNDArrayCopyFromHost(MXNDArrayHandle array, const void* data, size_t bytes);
MX_API int MXNDArrayCopyToHost(MXNDArrayHandle array, void* data, size_t bytes);
/* Into an existing array of equal shape, with conversion of dtype and across devices. */
MX_API int MXNDArrayCopyTo(MXNDArrayHandle from, MXNDArrayHandle to);

/* DLPack (DLManagedTensor*, version 0.8), zero copy. FromDLPack takes the ownership of the tensor on success. */
MX_API int MXNDArrayToDLPack(MXNDArrayHandle array, void** out);
MX_API int MXNDArrayFromDLPack(void* managed_tensor, MXNDArrayHandle* out);

/* Files of arrays (.params). names may be NULL. Writing makes a temporary file that replaces the old one at the end. */
MX_API int MXNDArraySave(const char* file, const MXNDArrayHandle* arrays, const char* const* names, int count);
/* new list. Every length in the file is checked before it is believed. */
MX_API int MXNDArrayLoad(const char* file, MXNDArrayListHandle* out);
MX_API int MXNDArrayLoadBuffer(const void* data, size_t bytes, MXNDArrayListHandle* out);
/* The arrays belong to the list (Retain what you keep); names is NULL when the file has none. */
MX_API int MXNDArrayListGet(MXNDArrayListHandle list, int* count, const MXNDArrayHandle** arrays,
                            const char* const** names);
MX_API int MXNDArrayListRelease(MXNDArrayListHandle list);
/* One array record without list header: what pickles hold. */
MX_API int MXNDArraySaveRaw(MXNDArrayHandle array, const void** data, size_t* bytes);
MX_API int MXNDArrayLoadRaw(const void* data, size_t bytes, MXNDArrayHandle* out);

/* ---- operators --------------------------------------------------------------------------------------------------- */

/* A typed parameter value. */
typedef enum MXValueKind {
  MX_VALUE_DEFAULT = 0, /* not given */
  MX_VALUE_NONE = 1,
  MX_VALUE_BOOL = 2, /* i */
  MX_VALUE_INT = 3,  /* i; a dtype is its number */
  MX_VALUE_FLOAT = 4,
  MX_VALUE_STRING = 5,
  MX_VALUE_INTS = 6,  /* count, ints; INT64_MIN stands for None */
  MX_VALUE_FLOATS = 7 /* count, floats */
} MXValueKind;
typedef struct MXValue {
  int32_t kind;
  int32_t count;
  union {
    int64_t i;
    double f;
    const char* s;
    const int64_t* ints;
    const double* floats;
  };
} MXValue;

typedef struct MXArgumentInfo {
  const char* name;
  const char* doc;
  int optional;
} MXArgumentInfo;
typedef struct MXParamInfo {
  const char* name;
  const char* doc;
  const char* type;          /* bool int float str shape dtype enum floats optional-ints */
  const char* default_value; /* as text; NULL: required */
  int nullable;              /* accepts None */
  double low, high;
  const char* const* choices; /* of an enum, ends with NULL */
} MXParamInfo;
typedef struct MXOpInfo {
  const char *name, *family, *doc;
  int num_inputs, num_outputs, num_params, num_aliases;
  const MXArgumentInfo* inputs;
  const MXArgumentInfo* outputs; /* the named ones */
  const MXParamInfo* params;
  const char* const* aliases;
  const char* variadic_count; /* the parameter that counts the inputs; NULL when they are fixed */
  int hidden;                 /* no function for users */
  int has_gradient;
  int uses_random;
  int group; /* variadic_count counts groups of so many inputs; mostly 1 */
} MXOpInfo;
MX_API int MXOpCount(int* out);
/* Valid for ever. */
MX_API int MXOpGetInfo(int op, MXOpInfo* out);
/* By name or alias. */
MX_API int MXOpFind(const char* name, int* out);

/* Run an operator. values[i] is the operator's parameter i (missing ones at the end have their defaults).
 * outputs: where *num_outputs is 0, new arrays come back in `outputs` (room for MX_MAX_OUTPUTS); otherwise the given
 * arrays are written. Only visible outputs take part. */
#define MX_MAX_OUTPUTS 512
MX_API int MXInvoke(int op, const MXNDArrayHandle* inputs, int num_inputs, const MXValue* values, int num_values,
                    MXNDArrayHandle* outputs, int* num_outputs);
/* Run an operator `count` times, one set of arrays after the other: set i has the inputs from i * num_inputs on, the
 * values from i * num_values on, and writes the given outputs from i * num_outputs on. Stops at the first error. */
MX_API int MXInvokeEach(int op, int count, const MXNDArrayHandle* inputs, int num_inputs, const MXValue* values,
                        int num_values, const MXNDArrayHandle* outputs, int num_outputs);

/* ---- gradients of imperative code -------------------------------------------------------------------------------- */

/* Both are properties of the calling thread; the previous value comes back. value -1 only reads. */
MX_API int MXAutogradSetRecording(int value, int* previous);
MX_API int MXAutogradSetTraining(int value, int* previous);
MX_API int MXAutogradMarkVariables(const MXNDArrayHandle* variables, const MXNDArrayHandle* gradients,
                                   const int* requests, int count);
/* Gradients of the heads. head_gradients may be NULL, or hold NULLs (ones). With variables, their gradients come back
 * as new arrays in `out`; without, they go to the marked gradients. */
MX_API int MXAutogradBackward(const MXNDArrayHandle* heads, const MXNDArrayHandle* head_gradients, int num_heads,
                              const MXNDArrayHandle* variables, int num_variables, int retain_graph, int create_graph,
                              int train_mode, MXNDArrayHandle* out);
/* new, or NULL where no gradient is attached. */
MX_API int MXNDArrayGetGrad(MXNDArrayHandle array, MXNDArrayHandle* out);
/* new: same memory, no history. */
MX_API int MXNDArrayDetach(MXNDArrayHandle array, MXNDArrayHandle* out);
/* Is the array the result of recorded work or a marked variable? */
MX_API int MXNDArrayHasHistory(MXNDArrayHandle array, int* out);
/* Record a user's function: at backward, callback(context, output gradients, input gradients (new, to fill in)). */
typedef int (*MXFunctionBackward)(void* context, const MXNDArrayHandle* output_gradients, int num_outputs,
                                  MXNDArrayHandle* input_gradients, int num_inputs, char* message, size_t size);
MX_API int MXAutogradRecordFunction(const MXNDArrayHandle* inputs, int num_inputs, const MXNDArrayHandle* outputs,
                                    int num_outputs, MXFunctionBackward callback, void* context,
                                    void (*release)(void*));
/* new: the recorded computation of an array as a symbol. */
MX_API int MXAutogradGetSymbol(MXNDArrayHandle array, MXSymbolHandle* out);

/* ---- symbols ----------------------------------------------------------------------------------------------------- */

/* new */
MX_API int MXSymbolCreateVariable(const char* name, MXSymbolHandle* out);
/* new: op applied to inputs. input_names[i] may be NULL (positional). Inputs that the operator needs and that are not
 * given become variables called <name>_<input>. attrs holds parameters as text and attributes (__lr_mult__ ...). */
MX_API int MXSymbolCreate(int op, const char* name, const char* const* attr_keys, const char* const* attr_values,
                          int num_attrs, const char* const* input_names, const MXSymbolHandle* inputs, int num_inputs,
                          MXSymbolHandle* out);
/* new: a copy in which variables are replaced, by name (names[i] not NULL) or in the order of the arguments. */
MX_API int MXSymbolCompose(MXSymbolHandle symbol, const char* const* names, const MXSymbolHandle* inputs, int count,
                           MXSymbolHandle* out);
/* new */
MX_API int MXSymbolGroup(const MXSymbolHandle* symbols, int count, MXSymbolHandle* out);
MX_API int MXSymbolGetOutput(MXSymbolHandle symbol, int index, MXSymbolHandle* out);
MX_API int MXSymbolGetInternals(MXSymbolHandle symbol, MXSymbolHandle* out);
/* new, or NULL for a variable */
MX_API int MXSymbolGetChildren(MXSymbolHandle symbol, MXSymbolHandle* out);
/* new: deep copy */
MX_API int MXSymbolCopy(MXSymbolHandle symbol, MXSymbolHandle* out);
/* new: amp_cast and amp_multicast taken out */
MX_API int MXSymbolRemoveAmpCast(MXSymbolHandle symbol, MXSymbolHandle* out);
MX_API int MXSymbolRetain(MXSymbolHandle symbol);
MX_API int MXSymbolRelease(MXSymbolHandle symbol);

typedef enum MXSymbolList { MX_LIST_ARGUMENTS, MX_LIST_OUTPUTS, MX_LIST_AUXILIARY, MX_LIST_INPUTS } MXSymbolList;
MX_API int MXSymbolListNames(MXSymbolHandle symbol, MXSymbolList which, int* count, const char* const** names);
/* NULL where the symbol has several outputs of different nodes. */
MX_API int MXSymbolGetName(MXSymbolHandle symbol, const char** out);
/* NULL where there is none. */
MX_API int MXSymbolGetAttr(MXSymbolHandle symbol, const char* key, const char** out);
MX_API int MXSymbolSetAttr(MXSymbolHandle symbol, const char* key, const char* value);
/* key, value, key, value ...; recursive: keys are "<node>$<key>" for every node. */
MX_API int MXSymbolListAttrs(MXSymbolHandle symbol, int recursive, int* count, const char* const** pairs);
MX_API int MXSymbolToJSON(MXSymbolHandle symbol, const char** out);
/* new: all versions back to 0.5. */
MX_API int MXSymbolFromJSON(const char* json, MXSymbolHandle* out);

typedef struct MXShapeView {
  int32_t ndim;
  const int64_t* dims;
} MXShapeView;
/* Known shapes by name (names may be NULL: in the order of the arguments) go in; shapes of arguments, outputs and
 * auxiliary states come out, in the order of the lists. `partial` accepts unknown names, and leaves shapes open.
 * *complete says whether all became known. */
MX_API int MXSymbolInferShape(MXSymbolHandle symbol, const char* const* names, const MXShapeView* shapes, int count,
                              int partial, int* num_arguments, const MXShapeView** arguments, int* num_outputs,
                              const MXShapeView** outputs, int* num_auxiliary, const MXShapeView** auxiliary,
                              int* complete);
/* The same for dtypes; -1 is unknown. */
MX_API int MXSymbolInferType(MXSymbolHandle symbol, const char* const* names, const int* dtypes, int count, int partial,
                             int* num_arguments, const int** arguments, int* num_outputs, const int** outputs,
                             int* num_auxiliary, const int** auxiliary, int* complete);

/* ---- executors --------------------------------------------------------------------------------------------------- */

/* new: a prepared plan over the given arrays. arguments and auxiliary in the order of the lists; gradients[i] may be
 * NULL; requests are MX_REQ_*. group names (may be none) map ctx_group attributes to devices. */
MX_API int MXExecutorBind(MXSymbolHandle symbol, int device_type, int device_id, const MXNDArrayHandle* arguments,
                          const MXNDArrayHandle* gradients, const int* requests, int num_arguments,
                          const MXNDArrayHandle* auxiliary, int num_auxiliary, const char* const* group_names,
                          const int* group_device_types, const int* group_device_ids, int num_groups,
                          MXExecutorHandle* out);
MX_API int MXExecutorRelease(MXExecutorHandle executor);
MX_API int MXExecutorForward(MXExecutorHandle executor, int is_train);
/* head_gradients: one per output, or none when every output is a loss. */
MX_API int MXExecutorBackward(MXExecutorHandle executor, const MXNDArrayHandle* head_gradients, int count,
                              int is_train);
/* Forward in training mode, then backward. */
MX_API int MXExecutorForwardBackward(MXExecutorHandle executor, const MXNDArrayHandle* head_gradients, int count);
/* The arrays belong to the executor (Retain what you keep). */
MX_API int MXExecutorOutputs(MXExecutorHandle executor, int* count, const MXNDArrayHandle** outputs);
/* Called with the name and array of every node output (with `inputs` every input too) as it is computed; NULL: off. */
typedef void (*MXMonitorCallback)(const char* name, MXNDArrayHandle array, void* context);
MX_API int MXExecutorSetMonitor(MXExecutorHandle executor, MXMonitorCallback callback, void* context, int inputs);
/* The plan as text: steps, shapes, memory. */
MX_API int MXExecutorDescribe(MXExecutorHandle executor, const char** out);

#if defined(__cplusplus)
}
#endif
#endif
