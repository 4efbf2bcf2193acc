"""Lays the generated source out in modules, none over a thousand lines, and writes them."""

from collections.abc import Callable
from pathlib import Path

from generator import methods
from generator.functions import array_function, symbol_function
from generator.namespaces import NAMESPACES, namespace_of
from generator.registry import Op, read
from generator.signature import WIDTH

LONGEST = 1000
HEAD = '"""{title}\n\nGenerated from the operator registry of libmx: edit the C++ registration instead.\n"""\n\n'
# Names that operators must not take from Python inside the modules that define them.
TYPING = "# ruff: noqa: A001, A002\n"


def _pages(blocks: list[str], room: int) -> list[list[str]]:
    """The blocks in order, on as few pages of ``room`` lines as they need."""
    pages: list[list[str]] = [[]]
    used = 0
    for block in blocks:
        lines = block.count("\n") + 2
        if pages[-1] and used + lines > room:
            pages.append([])
            used = 0
        pages[-1].append(block)
        used += lines
    return pages


def _imports(kind: str, text: str) -> str:
    """What a page of functions needs, of what it might need."""
    module = kind.lower()
    abc = [word for word in ("Mapping", "Sequence") if word in text]
    lines = ["from __future__ import annotations\n"]
    if abc:
        lines.append(f"from collections.abc import {', '.join(abc)}")
    lines.append(f"from typing import TYPE_CHECKING, Any{', Literal' if 'Literal[' in text else ''}\n")
    null = "from mx_core.base import _Null\n" if "_Null" in text else ""
    if kind == "NDArray":
        lines.append("from mx_core._ffi import find_op, invoke\n" + null + "from mx_core.ndarray._call import reject\n")
    else:
        helpers = "counted, create, numbered" if "numbered(" in text else "create"
        lines.append("from mx_core._ffi import find_op\n" + null + f"from mx_core.symbol._call import {helpers}\n")
    lines.append("if TYPE_CHECKING:")
    if "DTypeLike" in text:
        lines.append("    from numpy.typing import DTypeLike\n")
    if "Context" in text:
        lines.append("    from mx_core.context import Context")
    lines.append(f"    from mx_core.{module}.{module} import {kind}\n")
    return "\n".join(lines)


def _imported(module: str, names: list[tuple[str, str]]) -> str:
    """``from module import name as public, ...``, laid out as a formatter would."""
    items = [name if name == public else f"{name} as {public}" for name, public in sorted(names)]
    line = f"from {module} import {', '.join(items)}\n"
    if len(line) <= WIDTH:
        return line
    return f"from {module} import (\n" + "".join(f"    {item},\n" for item in items) + ")\n"


def _listed(names: list[str]) -> str:
    """``__all__``, laid out as a formatter would."""
    line = f"__all__ = [{', '.join(map(_quoted, sorted(names)))}]\n"
    if len(line) <= WIDTH:
        return line
    return "__all__ = [\n" + "".join(f"    {_quoted(name)},\n" for name in sorted(names)) + "]\n"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _family_modules(kind: str, ops: list[Op]) -> tuple[dict[str, str], dict[str, str]]:
    """({file: source}, {operator name: module}) for the functions of one kind."""
    families: dict[str, list[Op]] = {}
    for op in ops:
        families.setdefault(op.family or "other", []).append(op)
    texts, homes = {}, {}
    for family, members in families.items():
        if kind == "NDArray":
            blocks = {op.name: array_function(op) for op in members}
        else:
            blocks = {name: symbol_function(op, name) for op in members for name in op.names}
        owner = {name: op for op in members for name in op.names}
        order = list(blocks)
        pages = _pages([blocks[name] for name in order], LONGEST - 60 - 3 * len(order) // 2)
        for number, page in enumerate(pages, 1):
            module = family if len(pages) == 1 else f"{family}_{number}"
            body = "\n\n".join(page)
            here = [name for name in order if blocks[name] in page]
            needed = sorted({owner[name].name for name in here})
            found = "".join(f'_op_{name} = find_op("{name}")\n' for name in needed)
            title = f"Operators of the family {family}, on {'arrays' if kind == 'NDArray' else 'symbols'}."
            texts[f"{module}.py"] = f"{HEAD.format(title=title)}{TYPING}{_imports(kind, body)}\n{found}\n\n{body}"
            homes |= dict.fromkeys(here, module)
    return texts, homes


def _namespace_modules(package: str, kind: str, ops: list[Op], homes: dict[str, str]) -> dict[str, str]:
    """Modules that import every function under the name that it has in its namespace."""
    spaces: dict[str, list[tuple[str, str, str]]] = {"op": [], "_internal": []} | {n: [] for n in NAMESPACES.values()}
    for op in ops:
        for name in op.names:
            namespace, public = namespace_of(name)
            function = name if kind == "Symbol" else op.name
            spaces[namespace].append((homes[function], function, public))
    texts = {}
    for namespace, entries in spaces.items():
        modules: dict[str, set[tuple[str, str]]] = {}
        for home, function, public in entries:
            modules.setdefault(home, set()).add((function, public))
        lines = "".join(_imported(f"{package}.{home}", list(names)) for home, names in sorted(modules.items()))
        title = f"Every operator of the namespace {namespace.strip('_')}, by name."
        names = _listed([public for _, _, public in entries]) if entries else "__all__: list[str] = []\n"
        texts[f"namespace_{namespace.strip('_')}.py"] = (
            HEAD.format(title=title) + lines + ("\n" if lines else "") + names
        )
    return texts


def _method_modules(package: str, kind: str, ops: list[Op]) -> dict[str, str]:
    """methods.py with the class Methods, and its parts where it grows too long."""
    pairs = sorted(((name, op) for op in ops for name in methods.names(op)), key=lambda pair: pair[0])
    pages = _pages([methods.method(op, name, kind) for name, op in pairs], LONGEST - 60)
    texts, parts = {}, []
    for number, page in enumerate(pages, 1):
        body = "\n".join(page)
        part, module = f"Methods{number}", f"methods_{number}"
        abc = "from collections.abc import Sequence\n" if "Sequence" in body else ""
        literal = ", Literal" if "Literal[" in body else ""
        null = "from mx_core.base import _Null\n" if "_Null" in body else ""
        dtype = "    from numpy.typing import DTypeLike\n\n" if "DTypeLike" in body else ""
        texts[f"{module}.py"] = (
            HEAD.format(title=f"Methods of {kind} that are operators, part {number}.")
            + TYPING
            + f"from __future__ import annotations\n\n{abc}from typing import TYPE_CHECKING, Any{literal}\n\n{null}"
            + f"from {package} import functions as operators\n\nif TYPE_CHECKING:\n{dtype}"
            + f"    from mx_core.{kind.lower()}.{kind.lower()} import {kind}\n\n\n"
            + f'class {part}:\n    """Operators whose first input is the object."""\n\n    __slots__ = ()\n\n'
            + body
        )
        parts.append((module, part))
    texts["methods.py"] = (
        HEAD.format(title=f"Methods of {kind} that are operators.")
        + "".join(f"from {package}.{module} import {part}\n" for module, part in parts)
        + f"\n\nclass Methods({', '.join(part for _, part in parts)}):\n"
        + '    """All operators whose first input is the object."""\n\n    __slots__ = ()\n'
    )
    return texts


def sources(kind: str, ops: list[Op]) -> dict[str, str]:
    """{file name: text} for "NDArray" or "Symbol": the same on every run."""
    package = f"mx_core.{kind.lower()}._generated"
    texts, homes = _family_modules(kind, ops)
    texts |= _namespace_modules(package, kind, ops, homes)
    texts |= _method_modules(package, kind, ops)
    modules: dict[str, list[tuple[str, str]]] = {}
    for name, module in homes.items():
        modules.setdefault(module, []).append((name, name))
    imports = "".join(_imported(f"{package}.{module}", names) for module, names in sorted(modules.items()))
    texts["functions.py"] = HEAD.format(title="Every generated function, by the name of its operator.") + "\n".join(
        [imports, _listed(list(homes))]
    )
    texts["__init__.py"] = HEAD.format(title="Functions and methods that are operators.").rstrip() + "\n"
    return texts


def write(root: Path, operators: Callable[[], list[Op]] = read) -> None:
    """Bring the folders ``_generated`` under ``root`` up to date: changed files are written, strangers deleted."""
    ops = operators()
    for kind in ("NDArray", "Symbol"):
        folder = root / kind.lower() / "_generated"
        folder.mkdir(parents=True, exist_ok=True)
        texts = sources(kind, ops)
        for file in folder.glob("*.py"):
            if file.name not in texts:
                file.unlink()
        for name, text in texts.items():
            file = folder / name
            if not file.exists() or file.read_text(encoding="utf-8") != text:
                file.write_text(text, encoding="utf-8")
