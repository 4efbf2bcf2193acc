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


cdef const char* keep_text(Arena* arena, str text) except NULL:
    """A text that no object keeps, as a C string for as long as the call lasts."""
    cdef bytes data = text.encode()
    cdef char* place = <char*>reserve(arena, len(data) // sizeof(int64_t) + 1)
    memcpy(place, <const char*>data, len(data) + 1)
    return place
