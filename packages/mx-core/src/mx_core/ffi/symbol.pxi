# The extension type under Symbol.

cdef class SymbolBase:
    """A handle of libmx: one or several outputs of a graph."""
    cdef MXSymbolHandle symbol
    __array_priority__ = 1000.0

    def __dealloc__(self):
        if self.symbol != NULL:
            MXSymbolRelease(self.symbol)

    cdef inline MXSymbolHandle get(self) except NULL:
        if self.symbol == NULL:
            raise MXValueError("[Symbol] this symbol was made by its class and holds nothing: "
                               "use mx.sym.var or an operator")
        return self.symbol

    @property
    def handle(self) -> int:
        """Address of the C handle (``MXSymbolHandle``). It belongs to this object."""
        return <uintptr_t>self.symbol

    def _names(self, MXSymbolList which) -> list:
        cdef int count = 0
        cdef const char* const* names = NULL
        check(MXSymbolListNames(self.get(), which, &count, &names))
        return names_of(count, names)

    def _name(self):
        cdef const char* name = NULL
        check(MXSymbolGetName(self.get(), &name))
        return None if name == NULL else name.decode()

    def _get_attr(self, str key):
        cdef const char* value = NULL
        check(MXSymbolGetAttr(self.get(), text_of(key), &value))
        return None if value == NULL else value.decode()

    def _set_attribute(self, str key, str value):
        check(MXSymbolSetAttr(self.get(), text_of(key), text_of(value)))

    def _attributes(self, bint recursive) -> list:
        # [key, value, key, value ...]
        cdef int count = 0
        cdef const char* const* pairs = NULL
        check(MXSymbolListAttrs(self.get(), recursive, &count, &pairs))
        return names_of(2 * count, pairs)

    def _output(self, int index):
        cdef MXSymbolHandle out = NULL
        check(MXSymbolGetOutput(self.get(), index, &out))
        return wrap_symbol(out)

    def _internals(self):
        cdef MXSymbolHandle out = NULL
        check(MXSymbolGetInternals(self.get(), &out))
        return wrap_symbol(out)

    def _children(self):
        cdef MXSymbolHandle out = NULL
        check(MXSymbolGetChildren(self.get(), &out))
        return None if out == NULL else wrap_symbol(out)

    def _copied(self):
        cdef MXSymbolHandle out = NULL
        check(MXSymbolCopy(self.get(), &out))
        return wrap_symbol(out)

    def _without_amp_cast(self):
        cdef MXSymbolHandle out = NULL
        check(MXSymbolRemoveAmpCast(self.get(), &out))
        return wrap_symbol(out)

    def _composed(self, names, symbols):
        cdef Texts keys = Texts(names)
        cdef SymbolList inputs = SymbolList(symbols)
        cdef MXSymbolHandle out = NULL
        check(MXSymbolCompose(self.get(), keys.data(), inputs.data(), inputs.count(), &out))
        return wrap_symbol(out)

    def _json(self) -> str:
        cdef const char* text = NULL
        check(MXSymbolToJSON(self.get(), &text))
        return text.decode()

    def _shapes(self, names, shapes, bint partial):
        """(arguments, outputs, auxiliary states, complete). Unknown: -1 for a dimension, None for a whole shape."""
        cdef Texts keys = Texts(names or ())
        cdef vector[vector[int64_t]] dims
        cdef vector[MXShapeView] views
        cdef MXShapeView view
        cdef const MXShapeView* arguments = NULL
        cdef const MXShapeView* outputs = NULL
        cdef const MXShapeView* states = NULL
        cdef int num_arguments = 0, num_outputs = 0, num_states = 0, complete = 0
        cdef size_t i
        for shape in shapes:
            dims.push_back(shape if shape is not None else ())
        for i in range(dims.size()):
            view.ndim = -1 if shapes[i] is None else <int32_t>dims[i].size()
            view.dims = dims[i].data()
            views.push_back(view)
        check(MXSymbolInferShape(self.get(), keys.data() if names is not None else NULL, views.data(),
                                 <int>views.size(), partial, &num_arguments, &arguments, &num_outputs, &outputs,
                                 &num_states, &states, &complete))
        return (shape_list(num_arguments, arguments), shape_list(num_outputs, outputs),
                shape_list(num_states, states), bool(complete))

    def _types(self, names, dtypes, bint partial):
        """The same for dtypes, by their numbers; -1 is unknown."""
        cdef Texts keys = Texts(names or ())
        cdef vector[int] codes = dtypes
        cdef const int* arguments = NULL
        cdef const int* outputs = NULL
        cdef const int* states = NULL
        cdef int num_arguments = 0, num_outputs = 0, num_states = 0, complete = 0
        check(MXSymbolInferType(self.get(), keys.data() if names is not None else NULL, codes.data(),
                                <int>codes.size(), partial, &num_arguments, &arguments, &num_outputs, &outputs,
                                &num_states, &states, &complete))
        return (int_list(num_arguments, arguments), int_list(num_outputs, outputs), int_list(num_states, states),
                bool(complete))


cdef list shape_list(int count, const MXShapeView* views):
    return [None if views[i].ndim < 0 else shape_tuple(views[i].dims, views[i].ndim) for i in range(count)]


cdef list int_list(int count, const int* values):
    return [values[i] for i in range(count)]


cdef object wrap_symbol(MXSymbolHandle handle):
    # Takes the ownership of the handle.
    cdef SymbolBase symbol
    try:
        symbol = SymbolClass.__new__(SymbolClass)
    except BaseException:
        MXSymbolRelease(handle)
        raise
    symbol.symbol = handle
    return symbol


cdef class SymbolList:
    """The handles of some symbols, for as long as the object lives."""
    cdef vector[MXSymbolHandle] handles
    cdef list keep

    def __cinit__(self, symbols):
        self.keep = list(symbols)
        for symbol in self.keep:
            if not isinstance(symbol, SymbolBase):
                raise MXTypeError(f"[Symbol] an input must be a Symbol, got {describe(symbol)}")
            self.handles.push_back((<SymbolBase>symbol).get())

    cdef MXSymbolHandle* data(self) noexcept:
        return self.handles.data()

    cdef int count(self) noexcept:
        return <int>self.handles.size()


def create_variable(str name):
    """Return a new variable."""
    cdef MXSymbolHandle out = NULL
    check(MXSymbolCreateVariable(text_of(name), &out))
    return wrap_symbol(out)


def create_symbol(int op, str name, keys, values, input_names, inputs):
    """Return operator ``op`` applied to symbols; ``input_names`` holds None for positional ones."""
    cdef Texts attr_keys = Texts(keys)
    cdef Texts attr_values = Texts(values)
    cdef Texts names = Texts(input_names)
    cdef SymbolList symbols = SymbolList(inputs)
    cdef MXSymbolHandle out = NULL
    check(MXSymbolCreate(op, text_of(name), attr_keys.data(), attr_values.data(), <int>attr_keys.pointers.size(),
                         names.data(), symbols.data(), symbols.count(), &out))
    return wrap_symbol(out)


def group_symbols(symbols):
    """Return a symbol with the outputs of all of them."""
    cdef SymbolList parts = SymbolList(symbols)
    cdef MXSymbolHandle out = NULL
    check(MXSymbolGroup(parts.data(), parts.count(), &out))
    return wrap_symbol(out)


def symbol_from_json(str text):
    """Return the symbol that a JSON text describes."""
    cdef MXSymbolHandle out = NULL
    check(MXSymbolFromJSON(text_of(text), &out))
    return wrap_symbol(out)
