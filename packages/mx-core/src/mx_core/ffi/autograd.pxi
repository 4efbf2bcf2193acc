# Recording and gradients of imperative code.


def set_recording(int value) -> bool:
    """Switch recording on this thread on (1) or off (0), or only ask (-1). Returns what it was."""
    cdef int previous = 0
    check(MXAutogradSetRecording(value, &previous))
    return bool(previous)


def set_training(int value) -> bool:
    """The same for training mode."""
    cdef int previous = 0
    check(MXAutogradSetTraining(value, &previous))
    return bool(previous)


def mark_variables(variables, gradients, requests):
    """Make arrays the variables of later records; their gradients go to ``gradients``, as ``requests`` say."""
    cdef ArrayList marked = ArrayList(variables, "[autograd.mark_variables] variables")
    cdef ArrayList targets = ArrayList(gradients, "[autograd.mark_variables] gradients")
    cdef vector[int] codes = requests
    check(MXAutogradMarkVariables(marked.data(), targets.data(), codes.data(), marked.count()))


def backward(heads, head_gradients, variables, bint retain_graph, bint create_graph, bint train_mode):
    """Gradients of the heads: into the marked arrays (returns None), or of ``variables`` as new arrays."""
    cdef ArrayList tops = ArrayList(heads, "[autograd] heads")
    cdef ArrayList seeds = ArrayList(head_gradients or (), "[autograd] head gradients")
    cdef ArrayList wanted = ArrayList(variables or (), "[autograd] variables")
    cdef vector[MXNDArrayHandle] out = vector[MXNDArrayHandle](wanted.handles.size(), <MXNDArrayHandle>NULL)
    cdef MXNDArrayHandle* seed_data = seeds.handles.data() if head_gradients is not None else NULL
    cdef int status
    with nogil:
        status = MXAutogradBackward(tops.handles.data(), seed_data, <int>tops.handles.size(), wanted.handles.data(),
                                    <int>wanted.handles.size(), retain_graph, create_graph, train_mode, out.data())
    check(status)
    return None if variables is None else [wrap_array(out[i]) for i in range(out.size())]


cdef int call_backward(void* context, const MXNDArrayHandle* output_gradients, int num_outputs,
                       MXNDArrayHandle* input_gradients, int num_inputs, char* message, size_t size) noexcept with gil:
    cdef NDArrayBase array
    cdef int i
    try:
        found = (<object>context)([share_array(output_gradients[i]) for i in range(num_outputs)])
        if len(found) != num_inputs:
            raise MXValueError(f"[autograd.Function] backward returned {len(found)} gradients for {num_inputs} inputs")
        for i in range(num_inputs):
            array = found[i]
            array.about()
            check(MXNDArrayRetain(array.array))
            input_gradients[i] = array.array
    except BaseException as error:
        return fill_message(message, size, error)
    return 0


cdef void release_object(void* context) noexcept with gil:
    Py_DECREF(<object>context)


cdef void drop_object(void* context) noexcept nogil:
    if Py_IsInitialized():
        release_object(context)


def record_function(inputs, outputs, callback):
    """Record that ``outputs`` come from ``inputs``; ``callback(output gradients)`` returns those of the inputs."""
    cdef ArrayList sources = ArrayList(inputs, "[autograd.Function] inputs")
    cdef ArrayList results = ArrayList(outputs, "[autograd.Function] outputs")
    cdef int status
    Py_INCREF(callback)
    status = MXAutogradRecordFunction(sources.data(), sources.count(), results.data(), results.count(), call_backward,
                                      <void*>callback, drop_object)
    if status != MX_OK:
        Py_DECREF(callback)
        fail(status)


def get_symbol(NDArrayBase array):
    """Return the recorded computation of an array as a symbol."""
    cdef MXSymbolHandle out = NULL
    array.about()
    check(MXAutogradGetSymbol(array.array, &out))
    return wrap_symbol(out)
