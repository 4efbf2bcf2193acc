"""Source of the functions of ``mx_core.ndarray`` and ``mx_core.symbol``."""

from generator.docs import ATTR, NAME, NO_EFFECT, OUT, docstring
from generator.namespaces import namespace_of
from generator.registry import Op
from generator.signature import WIDTH, Parameter, call, inputs, params, python_name, tuple_source

ANY_KEYWORDS = Parameter("kwargs", "Any", star="**")


def _count(op: Op, counter: str, *more: str) -> str:
    """Source of the number of inputs of a variadic operator, or of their groups; `counter` counts the inputs."""
    given = python_name(op.variadic_count or "")
    inputs = f"{counter}({', '.join([python_name(op.inputs[0].name), *more])})"
    # preloaded_...: the arrays of learning rates and weight decays follow the groups.
    counted = f"({inputs} - 2)" if op.name.startswith("preloaded_") else inputs
    if op.group != 1:
        counted += f" // {op.group}"
    return f"{counted} if {given} is None else {given}"


def array_function(op: Op) -> str:
    """A function on arrays: ``invoke(number of the operator, arrays, values, out)``."""
    head = [*inputs(op, "NDArray"), *params(op)]
    head += [Parameter("out", "Any", "None"), Parameter("name", "str | None", "None"), ANY_KEYWORDS]
    result = "NDArray" if len(op.outputs) <= 1 and not op.variadic_count else "Any"
    doc = docstring(op, f"mx_core.symbol.{op.name}", [("out", OUT), ("name", NO_EFFECT)], "array", True)
    if op.variadic_count:
        arrays = python_name(op.inputs[0].name)
    else:
        arrays = tuple_source([python_name(a.name) for a in op.inputs]) if op.inputs else "()"
    values = [_count(op, "len") if p.name == op.variadic_count else python_name(p.name) for p in op.params]
    given = tuple_source(values) if values else "()"
    body = f"    if kwargs:\n        reject({op.name}, kwargs)\n"
    returned = call("return invoke", [f"_op_{op.name}", arrays, given, "out"], "", "    ")
    if max(map(len, returned.splitlines())) > WIDTH:  # a tuple too long for its line
        lines = "".join(f"            {value},\n" for value in values)
        first = f"        _op_{op.name},\n        {arrays},\n"
        returned = f"    return invoke(\n{first}        (\n{lines}        ),\n        out,\n    )"
    signature = call(f"def {op.name}", list(map(str, head)), f" -> {result}:")
    return f"{signature}\n{doc}{body}{returned}\n"


def symbol_function(op: Op, name: str) -> str:
    """A function on symbols, for one of the operator's names: nodes are called after it, without its namespace."""
    head = [*inputs(op, "Symbol", all_optional=True), *params(op, keep_unset=True)]
    head += [
        Parameter("name", "str | None", "None"),
        Parameter("attr", "Mapping[str, str] | None", "None"),
        ANY_KEYWORDS,
    ]
    if name == op.name:
        doc = docstring(op, f"mx_core.ndarray.{op.name}", [("name", NAME), ("attr", ATTR)], "symbol", True)
    else:
        doc = f'    """Another name of :func:`{op.name}`."""\n'
    if op.variadic_count:
        arrays = [f"numbered({python_name(op.inputs[0].name)})"]
    else:
        arrays = [f'"{a.name}": {python_name(a.name)}' for a in op.inputs]
    values = []
    for p in op.params:
        source = f"({_count(op, 'counted', 'kwargs')})" if p.name == op.variadic_count else python_name(p.name)
        values.append(f'"{p.name}": {source}')
    given = arrays[0] if op.variadic_count else _dict(arrays, "")
    hint = namespace_of(name)[1].lower()
    arguments = [f"_op_{op.name}", f'"{hint}"', given, _dict(values, ""), "name", "attr", "kwargs"]
    returned = call("return create", arguments, "", "    ")
    if returned.count("\n") > 2 or len(max(returned.splitlines(), key=len)) > WIDTH:
        arguments[2:4] = [given if op.variadic_count else _dict(arrays, "        "), _dict(values, "        ")]
        returned = "    return create(\n" + "".join(f"        {argument},\n" for argument in arguments) + "    )"
    signature = call(f"def {name}", list(map(str, head)), " -> Symbol:")
    return f"{signature}\n{doc}{returned}\n"


def _dict(items: list[str], indent: str) -> str:
    """Source of a dictionary, on one line where it fits."""
    line = "{" + ", ".join(items) + "}"
    if not indent or len(indent + line) < WIDTH:
        return line
    return "{\n" + "".join(f"{indent}    {item},\n" for item in items) + indent + "}"
