# What concerns the library as a whole.

cdef extern from *:
    const char* MX_BUILT_AGAINST


def built_against() -> str:
    """Version of mx-native that this module was compiled with."""
    return MX_BUILT_AGAINST.decode()


def version() -> str:
    """Version of the libmx in this process."""
    return MXGetVersion().decode()


def abi_versions() -> tuple:
    """(of the header this module was compiled with, of the libmx in this process)."""
    return MX_ABI_VERSION, MXGetAbiVersion()


def instruction_set() -> str:
    """Name of the loops in use: "isa_v3" or "isa_v4". Raises where the processor has neither."""
    cdef const char* name = NULL
    check(MXGetInstructionSet(&name))
    return name.decode()


def install_hooks():
    """Let Ctrl-C stop long work between operators, and other threads run Python while one waits."""
    check(MXSetInterruptCheck(check_signals))
    check(MXSetWaitHooks(mx_before_wait, mx_after_wait))


def get_num_threads() -> int:
    """Threads that one call may use."""
    cdef int count = 0
    check(MXGetNumThreads(&count))
    return count


def set_num_threads(int count):
    """Set :func:`get_num_threads`."""
    check(MXSetNumThreads(count))


def count_teams() -> int:
    """How often a call has used several threads, since the start."""
    cdef int64_t count = 0
    check(MXCountTeams(&count))
    return count


def memory_info(int device_type, int device_id) -> dict:
    """Bytes and blocks of a device's pool: used, cached, peak, limit, allocations, hits."""
    cdef MXMemoryInfo info
    check(MXMemoryGetInfo(device_type, device_id, &info))
    return info


def empty_cache(int device_type, int device_id):
    """Give unused memory back to the system."""
    check(MXMemoryEmptyCache(device_type, device_id))


def set_memory_limit(int device_type, int device_id, int64_t count):
    """Set how many bytes the cache may keep; -1: all."""
    check(MXMemorySetLimit(device_type, device_id, count))


def set_device_plugin(path: str):
    """Tell where the device plugin is, before the first use of a GPU."""
    check(MXDeviceSetPlugin(path.encode()))


def device_count() -> int:
    """GPUs that can be used."""
    cdef int count = 0
    check(MXDeviceCount(&count))
    return count


def check_device(int device_type, int device_id):
    """Raise, saying what is missing, where there is no such device."""
    check(MXDeviceCheck(device_type, device_id))


def device_memory(int device_type, int device_id) -> tuple:
    """(free, total) bytes of a GPU."""
    cdef int64_t free_bytes = 0, total_bytes = 0
    check(MXDeviceGetMemory(device_type, device_id, &free_bytes, &total_bytes))
    return free_bytes, total_bytes


def device_has_op(str name) -> int:
    """1 where the operator has kernels for GPUs, 2 where it is made of other operators, else 0."""
    cdef int op = 0, has = 0
    check(MXOpFind(name.encode(), &op))
    check(MXDeviceHasOp(op, &has))
    return has


def load_library(str path) -> range:
    """Open a library of operators and return their numbers."""
    cdef int first = 0, count = 0
    check(MXLibraryLoad(path.encode(), &first, &count))
    return range(first, first + count)


def describe_op(int op) -> tuple:
    """Return an operator's name, text, names of inputs, names of parameters, and whether it is hidden."""
    cdef MXOpInfo info
    check(MXOpGetInfo(op, &info))
    inputs = tuple([info.inputs[i].name.decode() for i in range(info.num_inputs)])
    return info.name.decode(), info.doc.decode(), inputs, param_names(op), bool(info.hidden)


def wait_all():
    """Wait until all work has ended, and raise the first error it met."""
    cdef int status
    with nogil:
        status = MXEngineWaitAll()
    check(status)


def seed(int64_t value, int device_type, int device_id):
    """Seed the random numbers of a device; device type 0: of all."""
    check(MXRandomSeed(value, device_type, device_id))
