"""Docstrings of generated functions."""

import math
import textwrap

from generator.registry import Op, Param
from generator.signature import WIDTH, python_name

OUT = "Array that receives the result, instead of a new one; a list of them where there are several."
NO_EFFECT = "Accepted as in ``mx.sym``; it has no effect."
NAME = "Name of the node; made of the operator's name where none is given."
ATTR = "Attributes of the node, such as ``{'__lr_mult__': '0.1'}``."


def _filled(text: str, indent: str, hanging: str) -> str:
    """Paragraphs and lists, each wrapped; code blocks and tables stay as they are."""
    lines = []
    for number, line in enumerate(textwrap.dedent(text.strip("\n")).splitlines()):
        start = indent if number == 0 else hanging
        plain = not line.startswith((" ", ">>>", "|", "..."))
        if plain and len(start + line) > WIDTH:
            lines += textwrap.wrap(
                line,
                WIDTH,
                initial_indent=start,
                subsequent_indent=hanging,
                break_long_words=False,
                break_on_hyphens=False,
            )
        else:
            lines.append((start + line).rstrip())
    return "\n".join(lines)


def _entry(name: str, text: str) -> str:
    return _filled(f"{name}: {text.strip() or 'see above.'}", " " * 8, " " * 12)


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?", ":", "`", ")")) else text + "."


def _range(param: Param) -> str:
    def bound(value: float) -> str:
        return str(int(value)) if value == int(value) else repr(value)

    low, high = param.low, param.high
    if math.isfinite(low) and math.isfinite(high):
        return f"Between {bound(low)} and {bound(high)}."
    if math.isfinite(low):
        return f"At least {bound(low)}."
    return f"At most {bound(high)}." if math.isfinite(high) else ""


def _param(op: Op, param: Param, with_default: bool) -> str:
    if param.name == op.variadic_count:
        return "How many there are; counted where it is None."
    parts = [_sentence(param.doc)]
    if param.choices:
        parts.append("One of " + ", ".join(f'"{choice}"' for choice in param.choices) + ".")
    parts.append(_range(param))
    if param.default is None:
        parts.append("Required.")
    elif with_default and param.default:
        parts.append(f"Default: {param.default}.")
    return " ".join(part for part in parts if part)


def docstring(op: Op, twin: str, extra: list[tuple[str, str]], kind: str, with_default: bool) -> str:
    """The docstring's lines, quotes included, indented for a function of a module."""
    summary, _, rest = op.doc.strip().partition("\n")
    parts = [_filled(_sentence(summary) or f"Operator {op.name}.", " " * 7, "    ").lstrip()]
    if rest.strip():
        parts.append(_filled(rest.strip("\n"), "    ", "    "))
    entries = [
        _entry(f"*{python_name(a.name)}" if op.variadic_count else python_name(a.name), _sentence(a.doc))
        for a in op.inputs
    ]
    entries += [_entry(python_name(p.name), _param(op, p, with_default)) for p in op.params]
    entries += [_entry(name, text) for name, text in extra]
    parts.append("    Args:\n" + "\n".join(entries))
    results = [f"{a.name}: {_sentence(a.doc)}" if a.doc else f"{a.name}." for a in op.outputs]
    returned = " ".join(results) if results else f"The {kind} with the result."
    parts.append("    Returns:\n" + _filled(returned, " " * 8, " " * 8))
    also = [f":func:`{twin}`"]
    if op.name.startswith("_") or len(op.names) > 1:
        others = [name for name in op.names[1:] if not name.startswith("_")]
        if others:
            also.append("also called " + ", ".join(f"``{name}``" for name in others))
    parts.append("    See also:\n" + _filled(", ".join(also), " " * 8, " " * 8))
    text = "\n\n".join(parts)
    quote = 'r"""' if "\\" in text else '"""'
    text = text.replace('"""', "'''")
    return f'    {quote}{text}\n    """\n'
