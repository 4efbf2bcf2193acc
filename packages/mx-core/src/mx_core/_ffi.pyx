# cython: language_level=3, freethreading_compatible=True, boundscheck=False, wraparound=False, embedsignature=True
"""The border between Python and libmx: typed values go in, handles come out, statuses become exceptions.

Everything public is built on this module; nothing in it is meant for users. Its parts are in the folder ffi.
"""

from cpython.bytes cimport PyBytes_AsString, PyBytes_FromStringAndSize
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdint cimport INT64_MIN, int32_t, int64_t, uint64_t, uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, strlen, strncpy
from libcpp.vector cimport vector

include "ffi/c_api.pxi"
include "ffi/error.pxi"
include "ffi/arena.pxi"
include "ffi/text.pxi"
include "ffi/convert.pxi"
include "ffi/ndarray.pxi"
include "ffi/invoke.pxi"
include "ffi/memory.pxi"
include "ffi/autograd.pxi"
include "ffi/symbol.pxi"
include "ffi/executor.pxi"
include "ffi/library.pxi"
