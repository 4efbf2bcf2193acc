# Python values become MXValues without a detour through text.
import numpy

from mx_core.base import _Null
from mx_core.dtype import dtype_number

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL
    int PyIndex_Check(object value)

cdef object Number = numpy.number
cdef object Generic = numpy.generic
cdef object Dtype = numpy.dtype
cdef object Array = numpy.ndarray

cdef enum:
    INLINE_INTS = 128


cdef struct Arena:
    # Room for the elements of tuples while a call lasts: on the stack, and in blocks where that is too small.
    int64_t[INLINE_INTS] first
    int used
    void* blocks


cdef inline void open_arena(Arena* arena) noexcept nogil:
    arena.used = 0
    arena.blocks = NULL


cdef void close_arena(Arena* arena) noexcept nogil:
    cdef void* block
    while arena.blocks != NULL:
        block = arena.blocks
        arena.blocks = (<void**>block)[0]
        free(block)


cdef int64_t* reserve(Arena* arena, Py_ssize_t count) except NULL:
    cdef int64_t* place
    if arena.used + count <= INLINE_INTS:
        place = arena.first + arena.used
        arena.used += <int>count
        return place
    cdef void* block = malloc(<size_t>(count + 1) * sizeof(int64_t))
    if block == NULL:
        raise MemoryError()
    (<void**>block)[0] = arena.blocks
    arena.blocks = block
    return <int64_t*>block + 1


cdef inline const char* text_of(object text) except NULL:
    # The text lives as long as the object.
    return PyUnicode_AsUTF8AndSize(text, NULL)


cdef int set_value(MXValue* to, object value, Arena* arena) except -1:
    to.count = 0
    if value is None:
        to.kind = MX_VALUE_NONE
    elif value is True or value is False:
        to.kind = MX_VALUE_BOOL
        to.i = value is True
    elif type(value) is int:
        to.kind = MX_VALUE_INT
        to.i = value
    elif type(value) is float:
        to.kind = MX_VALUE_FLOAT
        to.f = value
    elif type(value) is tuple or type(value) is list:
        set_sequence(to, value, arena)
    elif isinstance(value, str):
        to.kind = MX_VALUE_STRING
        to.s = text_of(value)
    elif value is _Null:
        to.kind = MX_VALUE_DEFAULT
    else:
        set_rare_value(to, value, arena)
    return 0


cdef int set_rare_value(MXValue* to, object value, Arena* arena) except -1:
    if isinstance(value, (type, Dtype)):
        to.kind = MX_VALUE_INT
        to.i = dtype_number(value)
    elif isinstance(value, Generic) or (isinstance(value, Array) and value.ndim == 0):
        item = value.item()
        if isinstance(item, Generic):  # longdouble stays itself
            item = float(item)
        elif not isinstance(item, (bool, int, float, str)) and isinstance(value, Number):
            item = float(value)        # bfloat16
        if not isinstance(item, (bool, int, float, str)):
            raise TypeError(f"{value!r} is no number")
        set_value(to, item, arena)
    elif PyIndex_Check(value):
        to.kind = MX_VALUE_INT
        to.i = int(value)
    elif isinstance(value, float):
        to.kind = MX_VALUE_FLOAT
        to.f = float(value)
    elif isinstance(value, (tuple, list, range)):
        set_sequence(to, tuple(value), arena)
    elif isinstance(value, Array) and value.ndim == 1:
        set_sequence(to, value.tolist(), arena)
    else:
        raise TypeError(f"{value!r} of type {type(value).__name__} is no value that a parameter can have")
    return 0


cdef int set_sequence(MXValue* to, object values, Arena* arena) except -1:
    cdef Py_ssize_t count = len(values), i
    cdef int64_t* ints = reserve(arena, count if count else 1)
    to.kind = MX_VALUE_INTS
    to.count = <int32_t>count
    to.ints = ints
    for i in range(count):
        value = values[i]
        if type(value) is int or PyIndex_Check(value):
            ints[i] = value
        elif value is None:
            ints[i] = INT64_MIN
        else:
            return set_floats(to, values, <double*>ints)
    return 0


cdef int set_floats(MXValue* to, object values, double* floats) except -1:
    cdef Py_ssize_t i
    to.kind = MX_VALUE_FLOATS
    to.floats = floats
    for i in range(to.count):
        value = values[i]
        if isinstance(value, (str, bytes)) or value is None:
            raise TypeError(f"{values!r} must hold numbers only")
        floats[i] = value
    return 0


cdef tuple shape_tuple(const int64_t* dims, int ndim):
    # list first: tuples cannot be filled in by the stable ABI without a detour
    return tuple([dims[i] for i in range(ndim)])


cdef class Texts:
    """Texts as an array of C strings, for as long as the object lives. None becomes NULL."""
    cdef vector[const char*] pointers
    cdef list keep

    def __cinit__(self, texts):
        self.keep = list(texts)
        for text in self.keep:
            if text is None:
                self.pointers.push_back(NULL)
            elif isinstance(text, str):
                self.pointers.push_back(text_of(text))
            else:
                raise TypeError(f"{text!r} of type {type(text).__name__} must be a string")

    cdef const char* const* data(self) noexcept:
        return self.pointers.data()


cdef list names_of(int count, const char* const* names):
    try:
        return [names[i].decode() for i in range(count)]
    except UnicodeDecodeError as error:
        raise MXValueError(f"[load] a name is no UTF-8 text: {error.object!r}; the file may be damaged") from None
