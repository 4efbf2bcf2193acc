"""Source of the methods that arrays and symbols get from operators."""

from generator.registry import Op
from generator.signature import Parameter, call, inputs, params, python_name

# Operators that change their first input, or draw numbers for parameters: functions, not methods.
NO_METHODS = {"optimizer", "random"}


def names(op: Op) -> list[str]:
    """The lower-case public names under which the operator is a method of its first input."""
    if op.variadic_count or not op.inputs or op.family in NO_METHODS:
        return []
    return [name for name in op.names if not name.startswith("_") and name == name.lower()]


def method(op: Op, name: str, kind: str) -> str:
    """``x.name(...)`` calls the function of the same operator with x as first input."""
    symbolic = kind == "Symbol"
    rest = [*inputs(op, kind, all_optional=symbolic)[1:], *params(op, keep_unset=symbolic)]
    head = [Parameter("self", "Any"), *rest, Parameter("kwargs", "Any", star="**")]
    result = kind if symbolic or len(op.outputs) <= 1 else "Any"
    signature = call(f"def {name}", list(map(str, head)), f" -> {result}:", "    ")
    module = "symbol" if symbolic else "ndarray"
    doc = f'        """:func:`mx_core.{module}.{name}` of this {"symbol" if symbolic else "array"}."""\n'
    function = name if symbolic else op.name
    given = ["self", *(python_name(p.name) for p in rest), "**kwargs"]
    returned = call(f"return operators.{function}", given, "", "        ")
    return f"{signature}\n{doc}{returned}\n"
