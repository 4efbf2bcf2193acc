# Python texts as C strings, and back.
cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL


cdef const char* text_of(object text) except NULL:
    # The text lives as long as the object. C strings end at the first NUL.
    cdef Py_ssize_t size = 0
    cdef const char* data
    try:
        data = PyUnicode_AsUTF8AndSize(text, &size)
    except UnicodeEncodeError as error:
        raise MXValueError(f"[mx] {text!r} cannot be written as UTF-8: {error.reason}") from None
    if strlen(data) != <size_t>size:
        raise MXValueError(f"[mx] {text!r} holds a NUL character, which no name or parameter may have")
    return data


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
