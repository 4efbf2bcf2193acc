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
    "api": "it was internal",
    "contrib": "operators are in mx.nd.contrib and mx.sym.contrib",
    "executor_manager": "mx.mod.Module does its work",
    "gluon": "use mx.mod.Module, or mx.autograd",
    "numpy": "use mx.nd",
    "numpy_extension": "use mx.nd",
    "np": "use mx.nd",
    "npx": "use mx.nd",
    "notebook": "use mx.callback",
    "onnx": "",
    "profiler": "",
    "rnn": "",
    "rtc": "",
    "torch": "",
    "tvmop": "",
}


class AliasFinder:
    """Finds `prefix` as mx, and `prefix.name.rest` as the module `rest` in the home of `name`."""

    def __init__(self, prefix: str, homes: Mapping[str, Home]) -> None:
        self.prefix = prefix
        self.homes = homes

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == self.prefix:
            return ModuleSpec(fullname, _AliasLoader("mx"), is_package=True)
        prefix, _, rest = fullname.partition(".")
        name, _, inner = rest.partition(".")
        if prefix != self.prefix:
            return None
        if name not in self.homes:
            if name in ABSENT:
                advice = f": {ABSENT[name]}" if ABSENT[name] else ""
                raise ImportError(
                    f"{prefix}.{name} of MXNet 1.9.1 is not part of this version of mx{advice}", name=fullname
                )
            return None
        module = resolve(fullname.removesuffix(f".{inner}"), self.homes[name])
        if not isinstance(module, ModuleType):
            return None
        return ModuleSpec(fullname, _AliasLoader(f"{module.__name__}.{inner}" if inner else module.__name__))


class _AliasLoader(Loader):
    """Puts an existing module under a second name."""

    def __init__(self, target: str) -> None:
        self.target = target

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        # The import system hands out what it finds here afterwards, not the empty module that it made.
        sys.modules[module.__name__] = import_module(self.target)
