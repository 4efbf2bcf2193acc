# Running operators.

cdef extern from *:
    """
    /* A short call keeps the GIL. Should it have to wait after all, it gives the GIL away: whoever works on the
       array may need it. */
    static thread_local bool mx_keeps_gil = false;
    static void* mx_before_wait(void) { return mx_keeps_gil ? PyEval_SaveThread() : nullptr; }
    static void mx_after_wait(void* token) {
      if (token) PyEval_RestoreThread(static_cast<PyThreadState*>(token));
    }
    static int mx_invoke_keeping_gil(int op, const MXNDArrayHandle* inputs, int num_inputs, const MXValue* values,
                                     int num_values, MXNDArrayHandle* outputs, int* num_outputs) {
      mx_keeps_gil = true;
      const int status = MXInvoke(op, inputs, num_inputs, values, num_values, outputs, num_outputs);
      mx_keeps_gil = false;
      return status;
    }
    static int mx_copy_keeping_gil(MXNDArrayHandle array, void* to, size_t bytes) {
      mx_keeps_gil = true;
      const int status = MXNDArrayCopyToHost(array, to, bytes);
      mx_keeps_gil = false;
      return status;
    }
    static int mx_invoke_each_keeping_gil(int op, int count, const MXNDArrayHandle* inputs, int num_inputs,
                                          const MXValue* values, int num_values, const MXNDArrayHandle* outputs,
                                          int num_outputs) {
      mx_keeps_gil = true;
      const int status = MXInvokeEach(op, count, inputs, num_inputs, values, num_values, outputs, num_outputs);
      mx_keeps_gil = false;
      return status;
    }
    """
    void* mx_before_wait() noexcept nogil
    void mx_after_wait(void* token) noexcept nogil
    int mx_invoke_keeping_gil(int op, const MXNDArrayHandle* inputs, int num_inputs, const MXValue* values,
                              int num_values, MXNDArrayHandle* outputs, int* num_outputs)
    int mx_copy_keeping_gil(MXNDArrayHandle array, void* to, size_t bytes)
    int mx_invoke_each_keeping_gil(int op, int count, const MXNDArrayHandle* inputs, int num_inputs,
                                   const MXValue* values, int num_values, const MXNDArrayHandle* outputs,
                                   int num_outputs)

cdef struct BinaryOp:
    int arrays   # both operands are arrays
    int scalar   # array (op) number
    int reverse  # number (op) array

cdef BinaryOp ADD, SUBTRACT, MULTIPLY, DIVIDE, MODULO, POWER
cdef BinaryOp EQUAL, NOT_EQUAL, LESSER, LESSER_EQUAL, GREATER, GREATER_EQUAL
cdef int NEGATIVE, ABSOLUTE

# Elements in the inputs from which on a call releases the GIL: below, taking it again would cost more than the work.
cdef enum:
    LONG_WORK = 16384


def find_op(str name) -> int:
    """Return the number of an operator, found by name or alias."""
    cdef int op = -1
    check(MXOpFind(text_of(name), &op))
    return op


cdef BinaryOp find_binary(str arrays, str scalar, str reverse):
    cdef BinaryOp found
    found.arrays = find_op(arrays)
    found.scalar = find_op(scalar)
    found.reverse = find_op(reverse)
    return found


def resolve_operators():
    """Look up the operators behind the arithmetic of arrays. Called once, at import."""
    global ADD, SUBTRACT, MULTIPLY, DIVIDE, MODULO, POWER, NEGATIVE, ABSOLUTE
    global EQUAL, NOT_EQUAL, LESSER, LESSER_EQUAL, GREATER, GREATER_EQUAL
    ADD = find_binary("broadcast_add", "_plus_scalar", "_plus_scalar")
    SUBTRACT = find_binary("broadcast_sub", "_minus_scalar", "_rminus_scalar")
    MULTIPLY = find_binary("broadcast_mul", "_mul_scalar", "_mul_scalar")
    DIVIDE = find_binary("broadcast_div", "_div_scalar", "_rdiv_scalar")
    MODULO = find_binary("broadcast_mod", "_mod_scalar", "_rmod_scalar")
    POWER = find_binary("broadcast_power", "_power_scalar", "_rpower_scalar")
    EQUAL = find_binary("broadcast_equal", "_equal_scalar", "_equal_scalar")
    NOT_EQUAL = find_binary("broadcast_not_equal", "_not_equal_scalar", "_not_equal_scalar")
    LESSER = find_binary("broadcast_lesser", "_lesser_scalar", "_greater_scalar")
    LESSER_EQUAL = find_binary("broadcast_lesser_equal", "_lesser_equal_scalar", "_greater_equal_scalar")
    GREATER = find_binary("broadcast_greater", "_greater_scalar", "_lesser_scalar")
    GREATER_EQUAL = find_binary("broadcast_greater_equal", "_greater_equal_scalar", "_lesser_equal_scalar")
    NEGATIVE = find_op("negative")
    ABSOLUTE = find_op("abs")


cdef object run(int op, const MXNDArrayHandle* inputs, int num_inputs, const MXValue* values, int num_values,
                int64_t work, object out):
    cdef MXNDArrayHandle[MX_MAX_OUTPUTS] outputs
    cdef int count = 0, status
    if out is not None:
        count = given_outputs(op, out, outputs)
    if work < LONG_WORK:
        status = mx_invoke_keeping_gil(op, inputs, num_inputs, values, num_values, outputs, &count)
    else:
        with nogil:
            status = MXInvoke(op, inputs, num_inputs, values, num_values, outputs, &count)
    if status != MX_OK:
        fail(status)
    if out is not None:
        return out
    if count == 1:
        return wrap_array(outputs[0])
    return [wrap_array(outputs[i]) for i in range(count)]


cdef int given_outputs(int op, object out, MXNDArrayHandle* outputs) except -1:
    cdef int count = 0
    for item in (out if isinstance(out, (list, tuple)) else (out,)):
        if not isinstance(item, NDArrayBase) or count == MX_MAX_OUTPUTS:
            raise MXTypeError(f"[{op_name(op)}] out must be an NDArray or a list of them, got {describe(item)}")
        (<NDArrayBase>item).about()
        outputs[count] = (<NDArrayBase>item).array
        count += 1
    return count


cdef object unary(NDArrayBase data, int op):
    cdef int64_t work = data.about().size
    return run(op, &data.array, 1, NULL, 0, work, None)


cdef object binary(NDArrayBase data, object other, const BinaryOp* op, bint reverse, object out):
    cdef MXNDArrayHandle[2] inputs
    cdef MXValue scalar
    cdef int64_t work = data.about().size
    inputs[0] = data.array
    if isinstance(other, NDArrayBase):
        work += (<NDArrayBase>other).about().size
        inputs[1] = (<NDArrayBase>other).array
        if reverse:
            inputs[0], inputs[1] = inputs[1], inputs[0]
        return run(op.arrays, inputs, 2, NULL, 0, work, out)
    scalar.kind = MX_VALUE_FLOAT
    scalar.count = 0
    if isinstance(other, (float, int, Number)) or other is True or other is False:
        try:
            scalar.f = other
        except OverflowError:
            raise MXValueError(f"[NDArray] the number {str(other)[:20]}... is beyond the range of floats") from None
    elif isinstance(other, Generic):
        scalar.f = float(other)
    elif isinstance(other, Array):
        raise MXTypeError(f"[NDArray] arithmetic with a numpy.ndarray of shape {other.shape}: "
                          "make it an NDArray with mx.nd.array first")
    else:
        return NotImplemented
    return run(op.reverse if reverse else op.scalar, inputs, 1, &scalar, 1, work, out)


cdef object compare(NDArrayBase data, object other, const BinaryOp* op):
    result = binary(data, other, op, False, None)
    if result is NotImplemented:  # Python would answer by identity
        raise MXTypeError(f"[NDArray] cannot be compared with {describe(other)}: only with NDArrays and numbers")
    return result


cdef str op_name(int op):
    cdef MXOpInfo info
    return info.name.decode() if MXOpGetInfo(op, &info) == MX_OK else "operator"


cdef str describe(value):
    return "None" if value is None else f"{type(value).__module__}.{type(value).__name__}"


cdef str input_name(int op, Py_ssize_t index):
    cdef MXOpInfo info
    if MXOpGetInfo(op, &info) != MX_OK or info.num_inputs == 0:
        return f"input {index}"
    if index >= info.num_inputs or info.variadic_count != NULL:
        return f"{info.inputs[0].name.decode()}[{index}]"
    return info.inputs[index].name.decode()


cdef str param_name(int op, Py_ssize_t index):
    cdef MXOpInfo info
    if MXOpGetInfo(op, &info) != MX_OK or index >= info.num_params:
        return f"parameter {index}"
    return info.params[index].name.decode()


def param_names(int op) -> tuple:
    """Return the names of an operator's parameters, in the order in which values are given."""
    cdef MXOpInfo info
    check(MXOpGetInfo(op, &info))
    return tuple([info.params[i].name.decode() for i in range(info.num_params)])


def list_operators() -> list:
    """Return the names of all operators that have functions, and their aliases."""
    cdef MXOpInfo info
    cdef int count = 0
    check(MXOpCount(&count))
    names = []
    for op in range(count):
        check(MXOpGetInfo(op, &info))
        if not info.hidden:
            names += [info.name.decode(), *[info.aliases[i].decode() for i in range(info.num_aliases)]]
    return sorted(names)


def operator_arguments(str name) -> tuple:
    """Return [(name, whether there may be many)] of an operator's inputs and [(name, type, default, nullable, choices)]
    of its parameters, where a default of None means that one must be given."""
    cdef MXOpInfo info
    cdef int op = 0
    check(MXOpFind(text_of(name), &op))
    check(MXOpGetInfo(op, &info))
    params = []
    for i in range(info.num_params):
        param = info.params[i]
        choices, k = [], 0
        while param.choices != NULL and param.choices[k] != NULL:
            choices.append(param.choices[k].decode())
            k += 1
        default = None if param.default_value == NULL else param.default_value.decode()
        params.append((param.name.decode(), param.type.decode(), default, bool(param.nullable), choices))
    return [(info.inputs[i].name.decode(), info.variadic_count != NULL) for i in range(info.num_inputs)], params


cdef int take_input(int op, object item, Py_ssize_t index, MXNDArrayHandle* to, int64_t* work) except -1:
    # 1 where an array was given, 0 where an optional one was left out.
    cdef MXOpInfo info
    if isinstance(item, NDArrayBase):
        work[0] += (<NDArrayBase>item).about().size
        to[0] = (<NDArrayBase>item).array
        return 1
    if item is None:
        check(MXOpGetInfo(op, &info))
        if info.variadic_count == NULL and index < info.num_inputs and info.inputs[index].optional:
            return 0
        raise MXTypeError(f"[{op_name(op)}] {input_name(op, index)} is missing")
    raise MXArgumentError(f"[{op_name(op)}] {input_name(op, index)} must be an NDArray, got {describe(item)}: "
                          "mx.nd.array makes one of lists and NumPy arrays")


cdef enum:
    INLINE_INPUTS = 16
    MAX_VALUES = 64


def invoke(int op, tuple inputs, tuple values, out=None):
    """Run operator number ``op`` on arrays.

    ``values[i]`` is its parameter i: a bool, number, string, dtype, tuple of numbers or None. The results are returned:
    one array, or a list of several; with ``out`` they are written there.
    """
    cdef MXNDArrayHandle[INLINE_INPUTS] few
    cdef vector[MXNDArrayHandle] many
    cdef MXNDArrayHandle* handles = few
    cdef MXValue[MAX_VALUES] given
    cdef Arena arena
    cdef int num_inputs = 0
    cdef Py_ssize_t i, num_values = len(values), total = len(inputs)
    cdef int64_t work = 0
    if total > INLINE_INPUTS:
        many.resize(total)
        handles = many.data()
    for i in range(total):
        num_inputs += take_input(op, inputs[i], i, handles + num_inputs, &work)
    if total == 0:
        work = LONG_WORK  # how much there is to fill isn't known here
    if num_values > MAX_VALUES:
        raise MXValueError(f"[{op_name(op)}] takes no {num_values} parameters")
    open_arena(&arena)
    i = 0
    try:
        while i < num_values:
            set_value(&given[i], values[i], &arena)
            i += 1
        return run(op, handles, num_inputs, given, <int>num_values, work, out)
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, MXNetError):
            raise
        raise MXTypeError(f"[{op_name(op)}] {param_name(op, i)}: {error}") from None
    finally:
        close_arena(&arena)


def invoke_each(int op, list inputs, list values, list out):
    """Run operator number ``op`` once for every tuple of arrays in ``inputs``.

    ``values`` holds a tuple of parameters for each; the results go to the arrays in ``out``, one each.
    """
    cdef vector[MXNDArrayHandle] handles, results
    cdef vector[MXValue] given
    cdef Arena arena
    cdef int64_t work = 0
    cdef int status, num_inputs, num_values, count = <int>len(inputs)
    cdef MXNDArrayHandle handle = NULL
    cdef MXValue value
    cdef Py_ssize_t at
    if not (len(values) == len(out) == count):
        raise MXValueError(f"[{op_name(op)}] got {count} sets of inputs, {len(values)} of parameters and "
                           f"{len(out)} arrays to write")
    if count == 0:
        return
    num_inputs, num_values = <int>len(inputs[0]), <int>len(values[0])
    open_arena(&arena)
    try:
        for arrays, params, result in zip(inputs, values, out):
            if len(arrays) != num_inputs or len(params) != num_values:
                raise MXValueError(f"[{op_name(op)}] all sets of inputs and parameters must have one length")
            for at, item in enumerate(arrays):
                if not take_input(op, item, at, &handle, &work):
                    raise MXTypeError(f"[{op_name(op)}] {input_name(op, at)} is missing")
                handles.push_back(handle)
            for at, item in enumerate(params):
                try:
                    set_value(&value, item, &arena)
                except (TypeError, ValueError, OverflowError) as error:
                    raise MXTypeError(f"[{op_name(op)}] {param_name(op, at)}: {error}") from None
                given.push_back(value)
            if not isinstance(result, NDArrayBase):
                raise MXTypeError(f"[{op_name(op)}] out must hold NDArrays, got {describe(result)}")
            (<NDArrayBase>result).about()
            results.push_back((<NDArrayBase>result).array)
        if work < LONG_WORK:
            status = mx_invoke_each_keeping_gil(op, count, handles.data(), num_inputs, given.data(), num_values,
                                                results.data(), 1)
        else:
            with nogil:
                status = MXInvokeEach(op, count, handles.data(), num_inputs, given.data(), num_values,
                                      results.data(), 1)
        check(status)
    finally:
        close_arena(&arena)
