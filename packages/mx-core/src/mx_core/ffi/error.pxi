# Statuses become exceptions, and Ctrl-C reaches long work.
from mx_core.base import (
    MXArgumentError,
    MXFileError,
    MXIndexError,
    MXMemoryError,
    MXNetError,
    MXTypeError,
    MXUnsupportedError,
    MXValueError,
)


cdef extern from "Python.h":
    PyObject* PyErr_Occurred()
    int PyErr_CheckSignals() nogil
    unsigned long PyThread_get_thread_ident() nogil
    int Py_IsInitialized() nogil

# In the order of MXStatus, from MX_ERROR_INTERNAL on.
cdef tuple ERRORS = (
    MXNetError, MXValueError, MXTypeError, MXIndexError, MXMemoryError, MXUnsupportedError, MXFileError,
    KeyboardInterrupt,
)


cdef int fail(int status) except -1:
    if status == MX_ERROR_INTERRUPTED and PyErr_Occurred() != NULL:
        return -1  # what the signal handler raised, usually KeyboardInterrupt
    cls = ERRORS[status - 1] if 1 <= status <= len(ERRORS) else MXNetError
    raise cls(MXGetLastError().decode("utf-8", "replace"))


cdef inline int check(int status) except -1:
    if status != MX_OK:
        fail(status)
    return 0


cdef unsigned long main_thread = PyThread_get_thread_ident()


cdef int handle_signals() noexcept with gil:
    return PyErr_CheckSignals()  # an exception stays set until fail() finds it


cdef int check_signals() noexcept nogil:
    # Python handles signals on its main thread only; other threads need not even ask for the GIL.
    if PyThread_get_thread_ident() != main_thread or not Py_IsInitialized():
        return 0
    return handle_signals()


def after_fork():
    """Make this thread the main one. Called in the child of a fork."""
    global main_thread
    main_thread = PyThread_get_thread_ident()


cdef int fill_message(char* message, size_t size, error) noexcept:
    # For callbacks: the text of an exception goes back to libmx, which raises it where it is waited for.
    cdef bytes text = f"{type(error).__name__}: {error}".encode("utf-8", "replace")
    if size > 0:
        strncpy(message, PyBytes_AsString(text), size - 1)
        message[size - 1] = 0
    return 1
