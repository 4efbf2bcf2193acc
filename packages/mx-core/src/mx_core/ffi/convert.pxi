# Python values become MXValues without a detour through text.
import numpy

from mx_core.base import _Null
from mx_core.dtype import dtype_number

cdef extern from "Python.h":
    int PyIndex_Check(object value)

cdef object Number = numpy.number
cdef object Generic = numpy.generic
cdef object Dtype = numpy.dtype
cdef object Array = numpy.ndarray

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
    elif isinstance(value, Context):
        to.kind = MX_VALUE_STRING
        to.s = keep_text(arena, str(value))
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
