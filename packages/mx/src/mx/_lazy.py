"""Names that import their packages when they are first used."""

import ast
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from importlib.abc import Loader
else:
    Loader = object  # importlib.abc brings importlib.resources, which takes longer than all of this


class Home(NamedTuple):
    """Where a name comes from: `from module import attribute`, or `import module`."""

    module: str
    attribute: str | None = None


def read_homes(package: str) -> dict[str, Home]:
    """The imports of the package's stub, by the names that they bind."""
    try:
        with open(f"{sys.modules[package].__path__[0]}/__init__.pyi", encoding="utf-8") as stub:
            text = stub.read()
    except FileNotFoundError:
        raise ImportError(f"{package} is installed without its file __init__.pyi: reinstall it") from None
    homes: dict[str, Home] = {}
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.ImportFrom):
            module = f"{package}.{statement.module}" if statement.level else statement.module
            homes |= {alias.asname or alias.name: Home(str(module), alias.name) for alias in statement.names}
        elif isinstance(statement, ast.Import):
            homes |= {alias.asname or alias.name: Home(alias.name) for alias in statement.names}
    return homes


def resolve(what: str, home: Home) -> Any:
    """What `home` says; `what` names it in errors.

    Raises:
        ImportError: a distribution is not installed, or its installed version does not have it.
    """
    try:
        module = import_module(home.module)
        if home.attribute is None:
            return module
        if hasattr(module, home.attribute):
            return getattr(module, home.attribute)
        return import_module(f"{home.module}.{home.attribute}")
    except ModuleNotFoundError as error:
        absent = error.name or ""
        package, dot, _ = absent.partition(".")
        if not package.startswith("mx_"):
            raise  # a dependency of theirs, and the error names it
        distribution = package.replace("_", "-")
        if dot:
            reason = f"{absent}, which the installed {distribution} does not have: pip install --upgrade {distribution}"
        else:
            reason = f"the distribution {distribution}: pip install {distribution}"
        raise ImportError(f"{what} needs {reason}", name=absent) from error


# Modules of MXNet 1.9.1 that mx does not have, and what takes their place.
ABSENT = {
    **dict.fromkeys(
        (
            *("_api_internal", "_ctypes", "_cy3", "_ffi", "_global_var", "_numpy_op_doc", "api", "cython", "libmxnet"),
            *("io.utils", "misc", "ndarray.register", "ndarray_doc", "numpy_dispatch_protocol", "numpy_op_fallback"),
            *("numpy_op_signature", "space", "symbol.register", "symbol_doc"),
        ),
        "it was internal",
    ),
    **dict.fromkeys(("ndarray.numpy", "ndarray.numpy_extension", "np", "npx", "numpy", "numpy_extension"), "use mx.nd"),
    **dict.fromkeys(("symbol.numpy", "symbol.numpy_extension"), "use mx.sym"),
    **dict.fromkeys(
        (
            *("contrib.amp", "contrib.io", "contrib.onnx", "contrib.quantization", "contrib.svrg_optimization"),
            *("contrib.tensorboard", "contrib.text"),
            *("image.detection", "kvstore.kvstore_server", "module.bucketing_module", "module.python_module"),
            *("module.sequential_module", "onnx", "optimizer.contrib", "profiler", "rnn", "rtc", "torch", "tvmop"),
        ),
        "",
    ),
    "contrib.autograd": "use mx.autograd",
    "error": "errors are in mx.base",
    "executor_manager": "mx.mod.Module does its work",
    "gluon": "use mx.mod.Module, or mx.autograd",
    "notebook": "use mx.callback",
}

# Modules of MXNet 1.9.1 whose contents mx has elsewhere.
MOVED = {
    "contrib.ndarray": "ndarray.contrib",
    "contrib.symbol": "symbol.contrib",
    "image.image": "image",
    "io.io": "io",
    "kvstore.base": "kvstore",
    "kvstore.kvstore": "kvstore",
    "ndarray.ndarray": "ndarray",
    "ndarray.utils": "ndarray",
    "optimizer.optimizer": "optimizer",
    "symbol.symbol": "symbol",
    **{
        f"{kind}.gen_{space}": f"{kind}.{space}"
        for kind in ("ndarray", "symbol")
        for space in ("_internal", "contrib", "image", "linalg", "op", "random", "sparse")
    },
}


def _reject_absent(prefix: str, path: str) -> None:
    """Raises where a module, or one that it belongs to, is one of MXNet 1.9.1 that mx does not have."""
    for end in [at for at, letter in enumerate(path) if letter == "."] + [len(path)]:
        if path[:end] in ABSENT:
            advice = f": {ABSENT[path[:end]]}" if ABSENT[path[:end]] else ""
            raise ImportError(
                f"{prefix}.{path[:end]} of MXNet 1.9.1 is not part of this version of mx{advice}",
                name=f"{prefix}.{path}",
            )


class AliasFinder:
    """Finds `prefix` as a stand-in for mx, and `prefix.name.rest` as the module `rest` in the home of `name`."""

    def __init__(self, prefix: str, homes: Mapping[str, Home]) -> None:
        self.prefix = prefix
        self.homes = homes

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == self.prefix:
            return ModuleSpec(fullname, _StandInLoader(), is_package=True)
        prefix, _, rest = fullname.partition(".")
        if prefix != self.prefix:
            return None
        _reject_absent(prefix, rest)
        name, _, inner = MOVED.get(rest, rest).partition(".")
        if name not in self.homes:
            return None
        module = resolve(f"{prefix}.{name}", self.homes[name])
        if not isinstance(module, ModuleType):
            return None
        return ModuleSpec(fullname, _AliasLoader(f"{module.__name__}.{inner}" if inner else module.__name__))


class StandIn(ModuleType):
    """mx under the name of MXNet: all that mx has, and the version of MXNet that it behaves like."""

    __version__ = "1.9.1"

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.modules["mx"], name)

    def __dir__(self) -> list[str]:
        return dir(sys.modules["mx"])


class _StandInLoader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


class _AliasLoader(Loader):
    """Puts an existing module under a second name."""

    def __init__(self, target: str) -> None:
        self.target = target

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        # The import system hands out what it finds here afterwards, not the empty module that it made.
        found = sys.modules[module.__name__] = import_module(self.target)
        path = module.__name__.partition(".")[2]
        if not hasattr(found, "__path__") and any(key.startswith(f"{path}.") for key in (*ABSENT, *MOVED)):
            found.__path__ = []  # else nobody is asked for what it contains
