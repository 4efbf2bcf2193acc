# What mx/c_api.h declares. Nothing here needs the GIL.
cdef extern from "mx/c_api.h" nogil:
    enum:
        MX_ABI_VERSION
        MX_MAX_OUTPUTS
        MX_OK
        MX_ERROR_INTERRUPTED
        MX_VALUE_DEFAULT
        MX_VALUE_NONE
        MX_VALUE_BOOL
        MX_VALUE_INT
        MX_VALUE_FLOAT
        MX_VALUE_STRING
        MX_VALUE_INTS
        MX_VALUE_FLOATS

    ctypedef struct MXNDArray:
        pass
    ctypedef struct MXSymbol:
        pass
    ctypedef struct MXExecutor:
        pass
    ctypedef struct MXNDArrayList:
        pass
    ctypedef MXNDArray* MXNDArrayHandle
    ctypedef MXSymbol* MXSymbolHandle
    ctypedef MXExecutor* MXExecutorHandle
    ctypedef MXNDArrayList* MXNDArrayListHandle

    const char* MXGetVersion()
    int MXGetAbiVersion()
    const char* MXGetLastError()
    int MXGetInstructionSet(const char** out)
    int MXGetNumThreads(int* out)
    int MXSetNumThreads(int count)
    int MXCountTeams(int64_t* out)
    int MXSetInterruptCheck(int (*check)() noexcept nogil)

    ctypedef struct MXMemoryInfo:
        int64_t used
        int64_t cached
        int64_t peak
        int64_t limit
        int64_t allocations
        int64_t hits
    int MXMemoryGetInfo(int device_type, int device_id, MXMemoryInfo* out)
    int MXMemoryEmptyCache(int device_type, int device_id)
    int MXMemorySetLimit(int device_type, int device_id, int64_t bytes)

    int MXDeviceSetPlugin(const char* path)
    int MXDeviceCount(int* out) nogil
    int MXDeviceCheck(int device_type, int device_id)
    int MXDeviceGetMemory(int device_type, int device_id, int64_t* free_bytes, int64_t* total_bytes)
    int MXDeviceHasOp(int op, int* out)

    int MXEngineWaitAll()
    int MXSetWaitHooks(void* (*before)() noexcept nogil, void (*after)(void* token) noexcept nogil)
    int MXRandomSeed(int64_t seed, int device_type, int device_id)

    ctypedef struct MXArrayInfo:
        void* data
        const int64_t* shape
        int32_t ndim
        int32_t dtype
        int32_t device_type
        int32_t device_id
        int64_t size
    int MXNDArrayCreate(const int64_t* shape, int ndim, int dtype, int device_type, int device_id, MXNDArrayHandle* out)
    int MXNDArrayFromMemory(void* data, const int64_t* shape, int ndim, int dtype,
                            void (*release)(void*) noexcept nogil, void* context, MXNDArrayHandle* out)
    int MXNDArrayRetain(MXNDArrayHandle array)
    int MXNDArrayRelease(MXNDArrayHandle array)
    int MXNDArrayGetInfo(MXNDArrayHandle array, MXArrayInfo* out)
    int MXNDArrayView(MXNDArrayHandle array, int64_t offset, const int64_t* shape, int ndim, MXNDArrayHandle* out)
    int MXNDArrayWaitToRead(MXNDArrayHandle array)
    int MXNDArrayWaitToWrite(MXNDArrayHandle array)
    int MXNDArrayGetVersion(MXNDArrayHandle array, uint64_t* out)
    int MXNDArrayShareMemory(MXNDArrayHandle array)
    int MXNDArrayCopyFromHost(MXNDArrayHandle array, const void* data, size_t bytes)
    int MXNDArrayCopyToHost(MXNDArrayHandle array, void* data, size_t bytes)
    int MXNDArrayCopyTo(MXNDArrayHandle source, MXNDArrayHandle to)
    int MXNDArrayToDLPack(MXNDArrayHandle array, void** out)
    int MXNDArrayFromDLPack(void* managed_tensor, MXNDArrayHandle* out)
    int MXNDArraySave(const char* file, const MXNDArrayHandle* arrays, const char* const* names, int count)
    int MXNDArrayLoad(const char* file, MXNDArrayListHandle* out)
    int MXNDArrayLoadBuffer(const void* data, size_t bytes, MXNDArrayListHandle* out)
    int MXNDArrayListGet(MXNDArrayListHandle list, int* count, const MXNDArrayHandle** arrays,
                         const char* const** names)
    int MXNDArrayListRelease(MXNDArrayListHandle list)
    int MXNDArraySaveRaw(MXNDArrayHandle array, const void** data, size_t* bytes)
    int MXNDArrayLoadRaw(const void* data, size_t bytes, MXNDArrayHandle* out)

    ctypedef struct MXValue:
        int32_t kind
        int32_t count
        int64_t i
        double f
        const char* s
        const int64_t* ints
        const double* floats
    ctypedef struct MXArgumentInfo:
        const char* name
        const char* doc
        int optional
    ctypedef struct MXParamInfo:
        const char* name
        const char* doc
        const char* type
        const char* default_value
        int nullable
        double low
        double high
        const char* const* choices
    ctypedef struct MXOpInfo:
        const char* name
        const char* family
        const char* doc
        int num_inputs
        int num_outputs
        int num_params
        int num_aliases
        const MXArgumentInfo* inputs
        const MXArgumentInfo* outputs
        const MXParamInfo* params
        const char* const* aliases
        const char* variadic_count
        int hidden
        int has_gradient
        int uses_random
        int group
    int MXOpCount(int* out)
    int MXOpGetInfo(int op, MXOpInfo* out)
    int MXOpFind(const char* name, int* out)
    int MXInvoke(int op, const MXNDArrayHandle* inputs, int num_inputs, const MXValue* values, int num_values,
                 MXNDArrayHandle* outputs, int* num_outputs)
    int MXInvokeEach(int op, int count, const MXNDArrayHandle* inputs, int num_inputs, const MXValue* values,
                     int num_values, const MXNDArrayHandle* outputs, int num_outputs)

    int MXAutogradSetRecording(int value, int* previous)
    int MXAutogradSetTraining(int value, int* previous)
    int MXAutogradMarkVariables(const MXNDArrayHandle* variables, const MXNDArrayHandle* gradients,
                                const int* requests, int count)
    int MXAutogradBackward(const MXNDArrayHandle* heads, const MXNDArrayHandle* head_gradients, int num_heads,
                           const MXNDArrayHandle* variables, int num_variables, int retain_graph, int create_graph,
                           int train_mode, MXNDArrayHandle* out)
    int MXNDArrayGetGrad(MXNDArrayHandle array, MXNDArrayHandle* out)
    int MXNDArrayDetach(MXNDArrayHandle array, MXNDArrayHandle* out)
    int MXNDArrayHasHistory(MXNDArrayHandle array, int* out)
    ctypedef int (*MXFunctionBackward)(void* context, const MXNDArrayHandle* output_gradients, int num_outputs,
                                       MXNDArrayHandle* input_gradients, int num_inputs, char* message,
                                       size_t size) noexcept nogil
    int MXAutogradRecordFunction(const MXNDArrayHandle* inputs, int num_inputs, const MXNDArrayHandle* outputs,
                                 int num_outputs, MXFunctionBackward callback, void* context,
                                 void (*release)(void*) noexcept nogil)
    int MXAutogradGetSymbol(MXNDArrayHandle array, MXSymbolHandle* out)

    int MXSymbolCreateVariable(const char* name, MXSymbolHandle* out)
    int MXSymbolCreate(int op, const char* name, const char* const* attr_keys, const char* const* attr_values,
                       int num_attrs, const char* const* input_names, const MXSymbolHandle* inputs, int num_inputs,
                       MXSymbolHandle* out)
    int MXSymbolCompose(MXSymbolHandle symbol, const char* const* names, const MXSymbolHandle* inputs, int count,
                        MXSymbolHandle* out)
    int MXSymbolGroup(const MXSymbolHandle* symbols, int count, MXSymbolHandle* out)
    int MXSymbolGetOutput(MXSymbolHandle symbol, int index, MXSymbolHandle* out)
    int MXSymbolGetInternals(MXSymbolHandle symbol, MXSymbolHandle* out)
    int MXSymbolGetChildren(MXSymbolHandle symbol, MXSymbolHandle* out)
    int MXSymbolCopy(MXSymbolHandle symbol, MXSymbolHandle* out)
    int MXSymbolRemoveAmpCast(MXSymbolHandle symbol, MXSymbolHandle* out)
    int MXSymbolRelease(MXSymbolHandle symbol)
    ctypedef enum MXSymbolList:
        MX_LIST_ARGUMENTS
        MX_LIST_OUTPUTS
        MX_LIST_AUXILIARY
        MX_LIST_INPUTS
    int MXSymbolListNames(MXSymbolHandle symbol, MXSymbolList which, int* count, const char* const** names)
    int MXSymbolGetName(MXSymbolHandle symbol, const char** out)
    int MXSymbolGetAttr(MXSymbolHandle symbol, const char* key, const char** out)
    int MXSymbolSetAttr(MXSymbolHandle symbol, const char* key, const char* value)
    int MXSymbolListAttrs(MXSymbolHandle symbol, int recursive, int* count, const char* const** pairs)
    int MXSymbolToJSON(MXSymbolHandle symbol, const char** out)
    int MXSymbolFromJSON(const char* json, MXSymbolHandle* out)
    ctypedef struct MXShapeView:
        int32_t ndim
        const int64_t* dims
    int MXSymbolInferShape(MXSymbolHandle symbol, const char* const* names, const MXShapeView* shapes, int count,
                           int partial, int* num_arguments, const MXShapeView** arguments, int* num_outputs,
                           const MXShapeView** outputs, int* num_auxiliary, const MXShapeView** auxiliary,
                           int* complete)
    int MXSymbolInferType(MXSymbolHandle symbol, const char* const* names, const int* dtypes, int count, int partial,
                          int* num_arguments, const int** arguments, int* num_outputs, const int** outputs,
                          int* num_auxiliary, const int** auxiliary, int* complete)

    int MXExecutorBind(MXSymbolHandle symbol, int device_type, int device_id, const MXNDArrayHandle* arguments,
                       const MXNDArrayHandle* gradients, const int* requests, int num_arguments,
                       const MXNDArrayHandle* auxiliary, int num_auxiliary, const char* const* group_names,
                       const int* group_device_types, const int* group_device_ids, int num_groups,
                       MXExecutorHandle* out)
    int MXExecutorRelease(MXExecutorHandle executor)
    int MXExecutorForward(MXExecutorHandle executor, int is_train)
    int MXExecutorBackward(MXExecutorHandle executor, const MXNDArrayHandle* head_gradients, int count, int is_train)
    int MXExecutorForwardBackward(MXExecutorHandle executor, const MXNDArrayHandle* head_gradients, int count)
    int MXExecutorOutputs(MXExecutorHandle executor, int* count, const MXNDArrayHandle** outputs)
    ctypedef void (*MXMonitorCallback)(const char* name, MXNDArrayHandle array, void* context) noexcept nogil
    int MXExecutorSetMonitor(MXExecutorHandle executor, MXMonitorCallback callback, void* context, int inputs)
    int MXExecutorDescribe(MXExecutorHandle executor, const char** out)

cdef extern from "mx/library.h" nogil:
    int MXLibraryLoad(const char* path, int* first, int* count)

cdef extern from "mx/c_api_shapes.h" nogil:
    int MXSetNumpyShapes(int active, int* previous)

cdef extern from "mx/c_api_gradients.h" nogil:
    int MXNDArrayGetGradState(MXNDArrayHandle array, int* out)
    int MXNDArraySetGradState(MXNDArrayHandle array, int state)
