# Arrays and other people's memory: NumPy, DLPack, files, pickles.

cdef extern from "Python.h":
    ctypedef struct Py_buffer:
        void* buf
        Py_ssize_t len
        int readonly
    enum:
        PyBUF_SIMPLE
        PyBUF_WRITABLE
        PyBUF_FULL_RO
    int PyObject_GetBuffer(object exporter, Py_buffer* view, int flags) except -1
    void PyBuffer_Release(Py_buffer* view)
    int PyBuffer_FillInfo(Py_buffer* view, object exporter, void* buf, Py_ssize_t len, int readonly,
                          int flags) except -1
    object PyCapsule_New(void* pointer, const char* name, void (*destructor)(PyObject*) noexcept)
    int PyCapsule_IsValid(PyObject* capsule, const char* name)
    void* PyCapsule_GetPointer(PyObject* capsule, const char* name) except NULL
    int PyCapsule_SetName(object capsule, const char* name) except -1

cdef extern from *:
    """
    typedef struct DLPackTensor {
      struct {
        void* data;
        struct { int32_t type, id; } device;
        int32_t ndim;
        struct { uint8_t code, bits; uint16_t lanes; } dtype;
        int64_t *shape, *strides;
        uint64_t byte_offset;
      } tensor;
      void* context;
      void (*deleter)(struct DLPackTensor*);
    } DLPackTensor;
    """
    ctypedef struct DLPackTensor:
        void (*deleter)(DLPackTensor*) noexcept


# Bytes from which on a copy releases the GIL.
cdef enum:
    SHORT_COPY = 65536


def create(shape, int dtype, int device_type, int device_id):
    """Return a new array with elements of any value."""
    cdef MXNDArrayHandle out = NULL
    cdef vector[int64_t] dims = shape
    check(MXNDArrayCreate(dims.data(), <int>dims.size(), dtype, device_type, device_id, &out))
    return wrap_array(out)


def copy_from_host(NDArrayBase array, buffer):
    """Copy the bytes of a C-contiguous buffer into an array of exactly that many."""
    cdef Py_buffer view
    cdef int status
    array.about()
    PyObject_GetBuffer(buffer, &view, PyBUF_SIMPLE)
    with nogil:
        status = MXNDArrayCopyFromHost(array.array, view.buf, <size_t>view.len)
    PyBuffer_Release(&view)
    check(status)


cpdef copy_to_host(NDArrayBase array, buffer):
    """Copy the bytes of an array into a writable C-contiguous buffer of exactly that many."""
    cdef Py_buffer view
    cdef int status
    array.about()
    PyObject_GetBuffer(buffer, &view, PyBUF_WRITABLE)
    if view.len < SHORT_COPY:
        status = mx_copy_keeping_gil(array.array, view.buf, <size_t>view.len)
    else:
        with nogil:
            status = MXNDArrayCopyToHost(array.array, view.buf, <size_t>view.len)
    PyBuffer_Release(&view)
    check(status)


def copy_to(NDArrayBase source, NDArrayBase to):
    """Copy elements between arrays of equal shape, with conversion."""
    cdef int status
    source.about()
    to.about()
    with nogil:
        status = MXNDArrayCopyTo(source.array, to.array)
    check(status)


cdef void release_buffer(void* context) noexcept with gil:
    PyBuffer_Release(<Py_buffer*>context)
    free(context)


cdef void drop_buffer(void* context) noexcept nogil:
    if Py_IsInitialized():  # at the very end of a process nobody misses the memory
        release_buffer(context)


def from_buffer(buffer, shape, int dtype):
    """Return an array that looks at the memory of a writable C-contiguous buffer, and keeps it alive."""
    cdef MXNDArrayHandle out = NULL
    cdef vector[int64_t] dims = shape
    cdef int status
    cdef Py_buffer* view = <Py_buffer*>malloc(sizeof(Py_buffer))
    if view == NULL:
        raise MemoryError()
    try:
        PyObject_GetBuffer(buffer, view, PyBUF_WRITABLE)
    except BaseException:
        free(view)
        raise
    status = MXNDArrayFromMemory(view.buf, dims.data(), <int>dims.size(), dtype, drop_buffer, view, &out)
    if status != MX_OK:
        drop_buffer(view)
        fail(status)
    return wrap_array(out)


cdef class HostMemory:
    """The bytes of an array as a writable buffer, without a copy."""
    cdef NDArrayBase owner

    def __cinit__(self, NDArrayBase array):
        if array.about().device_type == 2:
            raise MXUnsupportedError("[NDArray] the elements are on a GPU: copy them to the CPU first, with asnumpy() "
                                     "or as_in_context(mx.cpu())")
        array.wait_to_read()
        check(MXNDArrayShareMemory(array.array))
        self.owner = array

    def __getbuffer__(self, Py_buffer* view, int flags):
        cdef const MXArrayInfo* info = self.owner.about()
        cdef Py_ssize_t width = numpy.dtype(numpy_type(info.dtype)).itemsize
        PyBuffer_FillInfo(view, self, info.data, info.size * width, 0, flags)


cdef void drop_capsule(PyObject* capsule) noexcept:
    cdef DLPackTensor* tensor
    if PyCapsule_IsValid(capsule, b"dltensor"):  # nobody took it
        tensor = <DLPackTensor*>PyCapsule_GetPointer(capsule, b"dltensor")
        tensor.deleter(tensor)


def to_dlpack(NDArrayBase array):
    """Return a capsule with a DLManagedTensor that shares the array's memory."""
    cdef void* tensor = NULL
    array.about()
    check(MXNDArrayToDLPack(array.array, &tensor))
    return PyCapsule_New(tensor, b"dltensor", drop_capsule)


def from_dlpack(capsule):
    """Return an array that shares the memory of a DLManagedTensor; the capsule is used up."""
    cdef MXNDArrayHandle out = NULL
    if not PyCapsule_IsValid(<PyObject*>capsule, b"dltensor"):
        raise MXValueError("[from_dlpack] the capsule holds no tensor, or was used before: each can be used once")
    check(MXNDArrayFromDLPack(PyCapsule_GetPointer(<PyObject*>capsule, b"dltensor"), &out))
    PyCapsule_SetName(capsule, b"used_dltensor")
    return wrap_array(out)


def save(bytes file, arrays, names):
    """Write a file of arrays; names may be None."""
    cdef ArrayList list_ = ArrayList(arrays, "[save] data")
    cdef Texts texts = Texts(names or ())
    cdef const char* path = PyBytes_AsString(file)
    cdef const char* const* keys = texts.data() if names is not None else NULL
    cdef int status
    with nogil:
        status = MXNDArraySave(path, list_.handles.data(), keys, <int>list_.handles.size())
    check(status)


cdef object take_list(MXNDArrayListHandle loaded):
    # (arrays, names or None). Frees the list.
    cdef int count = 0
    cdef const MXNDArrayHandle* arrays = NULL
    cdef const char* const* names = NULL
    try:
        check(MXNDArrayListGet(loaded, &count, &arrays, &names))
        found = [share_array(arrays[i]) for i in range(count)]
        return found, None if names == NULL else names_of(count, names)
    finally:
        MXNDArrayListRelease(loaded)


def load(bytes file):
    """Read a file of arrays: (arrays, names or None)."""
    cdef MXNDArrayListHandle loaded = NULL
    cdef const char* path = PyBytes_AsString(file)
    cdef int status
    with nogil:
        status = MXNDArrayLoad(path, &loaded)
    check(status)
    return take_list(loaded)


def load_buffer(buffer):
    """The same, from bytes in memory."""
    cdef MXNDArrayListHandle loaded = NULL
    cdef Py_buffer view
    cdef int status
    PyObject_GetBuffer(buffer, &view, PyBUF_SIMPLE)
    with nogil:
        status = MXNDArrayLoadBuffer(view.buf, <size_t>view.len, &loaded)
    PyBuffer_Release(&view)
    check(status)
    return take_list(loaded)


def save_raw(NDArrayBase array) -> bytes:
    """Return one array as bytes, for pickles."""
    cdef const void* data = NULL
    cdef size_t size = 0
    array.wait_to_read()
    check(MXNDArraySaveRaw(array.array, &data, &size))
    return PyBytes_FromStringAndSize(<const char*>data, <Py_ssize_t>size)


def load_raw(bytes data):
    """Return the array that :func:`save_raw` wrote."""
    cdef MXNDArrayHandle out = NULL
    check(MXNDArrayLoadRaw(PyBytes_AsString(data), <size_t>len(data), &out))
    return wrap_array(out)
