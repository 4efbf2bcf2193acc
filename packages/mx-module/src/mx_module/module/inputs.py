"""Names, shapes and gradient requests of a module's inputs."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from mx_core.base import MXValueError
from mx_core.symbol import Symbol
from mx_io.io import DataDesc

PARAMETER_ENDINGS = ("_weight", "_bias", "_gamma", "_beta")


def check_names(symbol: Symbol, names: Sequence[str], kind: str, required: bool) -> None:
    """Checks that the symbol has arguments of these names; a missing one is an error or, if not required, a warning."""
    arguments = symbol.list_arguments()
    for name in names:
        if name not in arguments:
            candidates = [one for one in arguments if not one.endswith(PARAMETER_ENDINGS)]
            text = f"[Module] {kind} has {name!r}, which is no argument of the symbol; candidates: {candidates}"
            if required:
                raise MXValueError(text)
            warnings.warn(text, stacklevel=4)


def parse_shapes(shapes: Sequence[Any] | None) -> list[DataDesc]:
    """Descriptions from DataDesc objects or (name, shape, ...) tuples."""
    return [one if isinstance(one, DataDesc) else DataDesc(*one) for one in shapes or ()]


def check_shapes(descs: Sequence[DataDesc], names: Sequence[str], kind: str, required: bool) -> None:
    """Checks that the described inputs are the named ones, in any order."""
    given = [desc.name for desc in descs]
    if sorted(given) != sorted(names):
        text = f"[Module.bind] {kind}_shapes describe {given}, but {kind}_names are {list(names)}"
        if required:
            raise MXValueError(text + ": give a shape for each name")
        warnings.warn(text, stacklevel=4)


def gradient_requests(
    arguments: Sequence[str],
    parameters: Sequence[str],
    fixed: Sequence[str],
    data: Sequence[str],
    grad_req: str | Sequence[str] | dict[str, str],
    for_training: bool,
    inputs_need_grad: bool,
) -> dict[str, str]:
    """The request of each argument: ``write``, ``add`` or ``null``.

    A string is for all parameters (fixed ones get null) and, with ``inputs_need_grad``, the data; a list is in the
    order of the arguments; a dict replaces single entries of what ``"write"`` would give.
    """
    if not for_training:
        return dict.fromkeys(arguments, "null")
    if isinstance(grad_req, (list, tuple)):
        if len(grad_req) != len(arguments):
            raise MXValueError(
                f"[Module.bind] grad_req has {len(grad_req)} entries for {len(arguments)} arguments {list(arguments)}"
            )
        return dict(zip(arguments, grad_req))
    if not isinstance(grad_req, (str, dict)):
        raise MXValueError(f"[Module.bind] grad_req is {grad_req!r}: give a string, a list or a dict")
    common = grad_req if isinstance(grad_req, str) else "write"
    wanted = (set(parameters) - set(fixed)) | (set(data) if inputs_need_grad else set())
    requests = {name: common if name in wanted else "null" for name in arguments}
    if isinstance(grad_req, dict):
        requests.update(grad_req)
    return requests
