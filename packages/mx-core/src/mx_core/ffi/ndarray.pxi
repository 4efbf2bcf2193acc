# The extension type under NDArray: a handle, what is cheap to know about it, and the arithmetic slots.
from mx_core.context import Context
from mx_core.dtype import numpy_type

cdef extern from *:
    """
    /* Making an object by the slot of its class is several times faster than cls.__new__(cls). */
    static void* mx_find_new(PyObject* cls) { return PyType_GetSlot((PyTypeObject*)cls, Py_tp_new); }
    static PyObject* mx_new(void* slot, PyObject* cls, PyObject* args) {
      return ((newfunc)slot)((PyTypeObject*)cls, args, NULL);
    }
    """
    void* mx_find_new(object cls)
    object mx_new(void* slot, object cls, object args)

cdef extern from "Python.h":
    int PySlice_Unpack(object key, Py_ssize_t* start, Py_ssize_t* stop, Py_ssize_t* step) except -1
    Py_ssize_t PySlice_AdjustIndices(Py_ssize_t length, Py_ssize_t* start, Py_ssize_t* stop, Py_ssize_t step)

cdef enum:
    MAX_NDIM = 12

# What wrap_array and wrap_symbol make, and what array[key] is in general. Set once these exist.
cdef object NDArrayClass = None
cdef object get_item = None
cdef object SymbolClass = None
cdef void* new_array = NULL
cdef tuple NOTHING = ()


def set_array_class(cls, item):
    """Say which class wraps the arrays that come from libmx, and which function finds ``array[key]``."""
    global NDArrayClass, new_array, get_item
    NDArrayClass = cls
    get_item = item
    new_array = mx_find_new(cls)


def set_symbol_class(cls):
    """Say which class wraps the symbols that come from libmx."""
    global SymbolClass
    SymbolClass = cls


cdef class NDArrayBase:
    """A handle of libmx. Arrays with equal handles share memory and history."""
    cdef MXNDArrayHandle array
    cdef MXArrayInfo info
    cdef bint is_known
    cdef tuple dims
    # Arithmetic of NumPy arrays leaves the work to this class.
    __array_priority__ = 1000.0

    def __dealloc__(self):
        if self.array != NULL:
            MXNDArrayRelease(self.array)

    cdef inline const MXArrayInfo* about(self) except NULL:
        if not self.is_known:
            if self.array == NULL:
                raise MXValueError("[NDArray] this array was made by its class and holds nothing: "
                                   "use mx.nd.array, mx.nd.zeros or another function that makes arrays")
            check(MXNDArrayGetInfo(self.array, &self.info))
            self.is_known = True
        return &self.info

    @property
    def handle(self) -> int:
        """Address of the C handle (``MXNDArrayHandle``). It belongs to this object."""
        return <uintptr_t>self.array

    @property
    def shape(self) -> tuple:
        """Lengths of the axes.

        >>> mx.nd.zeros((2, 3)).shape
        (2, 3)
        """
        if self.dims is None:
            self.dims = shape_tuple(self.about().shape, self.about().ndim)
        return self.dims

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return max(self.about().ndim, 0)

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.about().size

    @property
    def dtype(self) -> type:
        """Type of the elements, as NumPy's scalar type: ``numpy.float32``."""
        return numpy_type(self.about().dtype)

    @property
    def context(self) -> Context:
        """The device that holds the elements."""
        cdef const MXArrayInfo* info = self.about()
        return Context(Context.devtype2str[info.device_type], info.device_id)

    @property
    def ctx(self) -> Context:
        """Short for :attr:`context`."""
        return self.context

    def __len__(self):
        cdef const MXArrayInfo* info = self.about()
        if info.ndim <= 0:
            raise MXTypeError("[NDArray] an array without axes has no len()")
        return info.shape[0]

    def __getitem__(self, key):
        part = rows(self, key)
        return get_item(self, key) if part is None else part

    def __hash__(self):
        return hash(<uintptr_t><void*>self)

    def __add__(self, other):
        return binary(self, other, &ADD, False, None)

    def __radd__(self, other):
        return binary(self, other, &ADD, True, None)

    def __iadd__(self, other):
        return binary(self, other, &ADD, False, self)

    def __sub__(self, other):
        return binary(self, other, &SUBTRACT, False, None)

    def __rsub__(self, other):
        return binary(self, other, &SUBTRACT, True, None)

    def __isub__(self, other):
        return binary(self, other, &SUBTRACT, False, self)

    def __mul__(self, other):
        return binary(self, other, &MULTIPLY, False, None)

    def __rmul__(self, other):
        return binary(self, other, &MULTIPLY, True, None)

    def __imul__(self, other):
        return binary(self, other, &MULTIPLY, False, self)

    def __truediv__(self, other):
        return binary(self, other, &DIVIDE, False, None)

    def __rtruediv__(self, other):
        return binary(self, other, &DIVIDE, True, None)

    def __itruediv__(self, other):
        return binary(self, other, &DIVIDE, False, self)

    def __mod__(self, other):
        return binary(self, other, &MODULO, False, None)

    def __rmod__(self, other):
        return binary(self, other, &MODULO, True, None)

    def __imod__(self, other):
        return binary(self, other, &MODULO, False, self)

    def __pow__(self, other, modulus):
        return binary(self, other, &POWER, False, None)

    def __rpow__(self, other, modulus):
        return binary(self, other, &POWER, True, None)

    def __eq__(self, other):
        return compare(self, other, &EQUAL)

    def __ne__(self, other):
        return compare(self, other, &NOT_EQUAL)

    def __lt__(self, other):
        return compare(self, other, &LESSER)

    def __le__(self, other):
        return compare(self, other, &LESSER_EQUAL)

    def __gt__(self, other):
        return compare(self, other, &GREATER)

    def __ge__(self, other):
        return compare(self, other, &GREATER_EQUAL)

    def __neg__(self):
        return unary(self, NEGATIVE)

    def __abs__(self):
        return unary(self, ABSOLUTE)

    def wait_to_read(self) -> None:
        """Wait until earlier work that writes the array has ended, and raise the error that it may have met."""
        self.about()
        cdef int status
        with nogil:
            status = MXNDArrayWaitToRead(self.array)
        check(status)

    def wait_to_write(self) -> None:
        """Wait until nobody reads or writes the array any more."""
        self.about()
        cdef int status
        with nogil:
            status = MXNDArrayWaitToWrite(self.array)
        check(status)

    @property
    def version(self) -> int:
        """How often the memory of the array has been written."""
        cdef uint64_t version = 0
        self.about()
        check(MXNDArrayGetVersion(self.array, &version))
        return version

    def detach(self):
        """Return an array with the same memory and no history for gradients."""
        cdef MXNDArrayHandle out = NULL
        self.about()
        check(MXNDArrayDetach(self.array, &out))
        return wrap_array(out)

    @property
    def _fresh_grad(self):
        """Whether a backward has written :attr:`grad` since this was last set to False; False without a gradient."""
        cdef int state = 0
        self.about()
        check(MXNDArrayGetGradState(self.array, &state))
        return state != 0

    @_fresh_grad.setter
    def _fresh_grad(self, bint state):
        self.about()
        check(MXNDArraySetGradState(self.array, state))

    @property
    def grad(self):
        """The array that receives the gradient; None where :meth:`attach_grad` was not called."""
        cdef MXNDArrayHandle out = NULL
        self.about()
        check(MXNDArrayGetGrad(self.array, &out))
        return None if out == NULL else wrap_array(out)

    def asnumpy(self):
        """Return a copy of the elements as a NumPy array, after waiting for them.

        ``numpy.asarray(a, copy=False)`` (NumPy 2) and ``numpy.from_dlpack(a)`` share the memory instead.
        """
        out = empty_array(self.shape, host_dtype(self.about().dtype))
        copy_to_host(self, out if self.about().dtype not in VIEWED else out.view(VIEWED[self.about().dtype]))
        return out

    def _has_history(self) -> bool:
        cdef int out = 0
        self.about()
        check(MXNDArrayHasHistory(self.array, &out))
        return bool(out)

    def _view(self, int64_t offset, tuple shape):
        # A window on the same memory that starts `offset` elements into it. Unrecorded.
        cdef MXNDArrayHandle out = NULL
        cdef vector[int64_t] dims = shape
        self.about()
        check(MXNDArrayView(self.array, offset, dims.data(), <int>dims.size(), &out))
        return wrap_array(out)


cdef object empty_array = numpy.empty
cdef dict HOST_DTYPES = {}
cdef dict VIEWED = {}  # by dtype: the integers as which NumPy lets others write it


cdef object host_dtype(int number):
    found = HOST_DTYPES.get(number)
    if found is None:
        found = HOST_DTYPES[number] = Dtype(numpy_type(number))
        if found.kind not in "biuf":
            VIEWED[number] = f"u{found.itemsize}"
    return found


cdef object wrap_array(MXNDArrayHandle handle):
    # Takes the ownership of the handle.
    cdef NDArrayBase array
    try:
        array = mx_new(new_array, NDArrayClass, NOTHING)
    except BaseException:
        MXNDArrayRelease(handle)
        raise
    array.array = handle
    return array


cdef object share_array(MXNDArrayHandle handle):
    # For handles that belong to somebody else.
    check(MXNDArrayRetain(handle))
    return wrap_array(handle)


cdef bint numpy_shapes = False


def set_numpy_shapes(bint active):
    """Let shapes mean in this thread what they mean in NumPy, or not."""
    global numpy_shapes
    numpy_shapes = numpy_shapes or active  # from now on get_item decides: in some thread an element may be ()
    check(MXSetNumpyShapes(active, NULL))


cdef object rows(NDArrayBase array, object key):
    # The usual array[3] and array[2:5]: a view. None where it takes more than that.
    cdef const MXArrayInfo* info = array.about()
    cdef int64_t[MAX_NDIM] shape
    cdef int64_t stride = 1
    cdef Py_ssize_t start, stop, step, count
    cdef int axis, first, recording = 0, recorded = 0
    cdef MXNDArrayHandle out = NULL
    if info.ndim <= 0 or info.ndim > MAX_NDIM:
        return None
    if type(key) is slice:
        if key.step is not None:
            return None
        try:
            PySlice_Unpack(key, &start, &stop, &step)
        except TypeError:
            return None
        count = PySlice_AdjustIndices(info.shape[0], &start, &stop, step)
        if count <= 0:
            return None
        first = 0
    elif type(key) is int:
        if numpy_shapes and info.ndim == 1:
            return None
        try:
            start = key
        except OverflowError:
            return None
        if start < 0:
            start += info.shape[0]
        if start < 0 or start >= info.shape[0]:
            return None
        count = 1
        first = 0 if info.ndim == 1 else 1
    else:
        return None
    check(MXAutogradSetRecording(-1, &recording))
    if recording:
        check(MXNDArrayHasHistory(array.array, &recorded))
        if recorded:
            return None
    shape[0] = count
    for axis in range(1, info.ndim):
        shape[axis] = info.shape[axis]
        stride *= info.shape[axis]
    check(MXNDArrayView(array.array, start * stride, shape + first, info.ndim - first, &out))
    return wrap_array(out)


cdef class ArrayList:
    """The handles of some arrays, for as long as the object lives. None becomes NULL."""
    cdef vector[MXNDArrayHandle] handles
    cdef list keep

    def __cinit__(self, arrays, str what):
        cdef NDArrayBase array
        self.keep = list(arrays)
        for item in self.keep:
            if item is None:
                self.handles.push_back(NULL)
            elif isinstance(item, NDArrayBase):
                array = <NDArrayBase>item
                array.about()
                self.handles.push_back(array.array)
            else:
                raise MXTypeError(f"{what} must be NDArrays, got {type(item).__name__}")

    cdef MXNDArrayHandle* data(self) noexcept:
        return self.handles.data()

    cdef int count(self) noexcept:
        return <int>self.handles.size()
