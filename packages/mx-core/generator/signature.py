"""Parameters as Python sees them: annotations, defaults, and calls laid out as a formatter would."""

import ast
import keyword
import math
from dataclasses import dataclass

from generator.registry import Op, Param

WIDTH = 120
# Names that stand for themselves in every generated function.
RESERVED = {"out", "name", "attr", "kwargs", "self"}


def python_name(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED else name


def annotation(param: Param) -> str:
    if param.type == "enum":
        base = f"Literal[{', '.join(quoted(choice) for choice in param.choices)}]"
    elif param.name == "ctx":
        base = "Context | str"
    else:
        base = {
            "bool": "bool",
            "int": "int",
            "float": "float",
            "str": "str",
            "shape": "int | Sequence[int]",
            "dtype": "DTypeLike",
            "floats": "Sequence[float]",
            "optional ints": "Sequence[int | None]",
        }[param.type]
    return f"{base} | None" if param.nullable else base


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def default(param: Param) -> str:
    """The default as Python source; ``_Null`` for a required parameter."""
    text = param.default
    if text is None:
        return "_Null"
    if text == "None" and param.nullable:
        return "None"
    if param.type in ("enum", "dtype", "str"):
        return quoted(text)
    if param.type == "float":
        value = float(text)
        return repr(value) if math.isfinite(value) else f'float("{value}")'
    value = ast.literal_eval(text)
    return repr(tuple(value) if isinstance(value, list) else value)


@dataclass
class Parameter:
    """One parameter of a generated function."""

    name: str
    annotation: str = ""
    default: str | None = None
    star: str = ""

    def __str__(self) -> str:
        text = self.star + self.name
        if self.annotation:
            text += f": {self.annotation}"
        if self.default is not None:
            text += f" = {self.default}" if self.annotation else f"={self.default}"
        return text


def inputs(op: Op, kind: str, all_optional: bool = False) -> list[Parameter]:
    """The arrays or symbols. After an optional one no other can do without a default."""
    if op.variadic_count:
        return [Parameter(python_name(op.inputs[0].name), kind, star="*")]
    found, optional = [], all_optional
    for argument in op.inputs:
        optional = optional or argument.optional
        name = python_name(argument.name)
        found.append(Parameter(name, f"{kind} | None" if optional else kind, "None" if optional else None))
    return found


def params(op: Op, keep_unset: bool = False) -> list[Parameter]:
    """The typed parameters. ``keep_unset``: what isn't given stays ``_Null`` (symbols keep only what was given)."""
    found = []
    for param in op.params:
        if param.name == op.variadic_count:
            found.append(Parameter(python_name(param.name), "int | None", "None"))
        else:
            found.append(
                Parameter(python_name(param.name), annotation(param), "_Null" if keep_unset else default(param))
            )
    return found


def call(head: str, arguments: list[str], tail: str, indent: str = "") -> str:
    """``head(arguments)tail`` on one line, on three, or with a line for each argument: whatever fits first."""
    joined = ", ".join(arguments)
    if len(indent + head + joined + tail) + 2 <= WIDTH:
        return f"{indent}{head}({joined}){tail}"
    inner = indent + "    "
    if len(inner + joined) <= WIDTH and "*" not in joined:
        return f"{indent}{head}(\n{inner}{joined}\n{indent}){tail}"
    lines = "".join(f"{inner}{argument},\n" for argument in arguments)
    return f"{indent}{head}(\n{lines}{indent}){tail}"


def tuple_source(items: list[str]) -> str:
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
