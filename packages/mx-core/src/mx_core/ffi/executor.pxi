# The extension type under Executor.

cdef class ExecutorBase:
    """A plan of libmx, bound to arrays."""
    cdef MXExecutorHandle executor
    cdef object monitor
    cdef list wrapped  # the outputs, as they were last asked for

    def __dealloc__(self):
        if self.executor != NULL:
            MXExecutorRelease(self.executor)

    def _bind(self, SymbolBase symbol, int device_type, int device_id, arguments, gradients, requests, auxiliary,
              groups):
        """Make the plan. ``groups``: {group name: (device type, device id)}."""
        cdef ArrayList args = ArrayList(arguments, "[Symbol.bind] arguments")
        cdef ArrayList grads = ArrayList(gradients, "[Symbol.bind] gradients")
        cdef ArrayList aux = ArrayList(auxiliary, "[Symbol.bind] auxiliary states")
        cdef vector[int] codes = requests
        cdef Texts names = Texts(groups)
        cdef vector[int] types = [device[0] for device in groups.values()]
        cdef vector[int] ids = [device[1] for device in groups.values()]
        cdef MXSymbolHandle handle = symbol.get()
        cdef int status
        with nogil:
            status = MXExecutorBind(handle, device_type, device_id, args.handles.data(), grads.handles.data(),
                                    codes.data(), <int>args.handles.size(), aux.handles.data(),
                                    <int>aux.handles.size(), names.pointers.data(), types.data(), ids.data(),
                                    <int>types.size(), &self.executor)
        check(status)

    def _forward(self, bint is_train):
        cdef int status
        with nogil:
            status = MXExecutorForward(self.executor, is_train)
        check(status)

    def _backward(self, head_gradients, bint is_train):
        cdef ArrayList heads = ArrayList(head_gradients, "[Executor.backward] out_grads")
        cdef int status
        with nogil:
            status = MXExecutorBackward(self.executor, heads.handles.data(), <int>heads.handles.size(), is_train)
        check(status)

    def _forward_backward(self, head_gradients):
        cdef ArrayList heads = ArrayList(head_gradients, "[Executor.forward_backward] out_grads")
        cdef int status
        with nogil:
            status = MXExecutorForwardBackward(self.executor, heads.handles.data(), <int>heads.handles.size())
        check(status)

    def _outputs(self) -> list:
        cdef int count = 0, i
        cdef const MXNDArrayHandle* arrays = NULL
        check(MXExecutorOutputs(self.executor, &count, &arrays))
        if self.wrapped is not None and len(self.wrapped) == count:
            for i in range(count):
                if (<NDArrayBase>self.wrapped[i]).array != arrays[i]:
                    break
            else:
                return list(self.wrapped)
        self.wrapped = [share_array(arrays[i]) for i in range(count)]
        return list(self.wrapped)

    def _set_monitor(self, callback, bint inputs):
        cdef MXMonitorCallback function = NULL
        if callback is not None:
            function = call_monitor
        check(MXExecutorSetMonitor(self.executor, function, <void*>self, inputs))
        self.monitor = callback

    def _describe(self) -> str:
        cdef const char* text = NULL
        check(MXExecutorDescribe(self.executor, &text))
        return text.decode()


cdef void call_monitor(const char* name, MXNDArrayHandle array, void* context) noexcept with gil:
    # An exception cannot leave through libmx: it is reported as unraisable.
    (<ExecutorBase>context).monitor(name.decode(), share_array(array))
