"""The codes that a new shape may contain."""

from collections.abc import Sequence
from math import prod

from mx_core.base import MXValueError


def resolve_shape(old: Sequence[int], codes: Sequence[int], reverse: bool = False) -> tuple[int, ...]:
    """Return the shape that ``codes`` mean for an array of shape ``old``.

    0 keeps the length at this place, -1 follows from the others, -2 keeps all remaining axes, -3 merges two axes, and
    -4 splits one axis into the two lengths that follow. ``reverse`` reads from the right.

    >>> resolve_shape((2, 3, 4), (0, -1)), resolve_shape((2, 3, 4), (-3, 4)), resolve_shape((2, 3, 4), (-4, 1, 2, -2))
    ((2, 12), (6, 4), (1, 2, 3, 4))

    Raises:
        MXValueError: There is no such shape with as many elements.
    """
    source, wanted, at = list(old), list(codes), 0
    if reverse:
        source.reverse()
        wanted.reverse()

    def fail(why: str) -> MXValueError:
        return MXValueError(f"[NDArray.reshape] shape {tuple(old)} cannot become {tuple(codes)}: {why}")

    def take() -> int:
        nonlocal at
        if at >= len(source):
            raise fail("a code asks for an axis that the array does not have")
        at += 1
        return source[at - 1]

    new: list[int] = []
    place, unknown = 0, -1
    while place < len(wanted):
        code = wanted[place]
        place += 1
        if code == 0:
            new.append(take())
        elif code == -1:
            if unknown >= 0:
                raise fail("only one length can follow from the others")
            unknown = len(new)
            new.append(-1)
            at += 1
        elif code == -2:
            new += source[at:]
            at = len(source)
        elif code == -3:
            new.append(take() * take())
        elif code == -4:
            if place + 2 > len(wanted):
                raise fail("two lengths must follow -4")
            left, right = wanted[place : place + 2]
            place += 2
            length = take()
            if left == -1 == right:
                raise fail("of the two lengths after -4 one must be given")
            if left == -1:
                left = length // right if right else 0
            elif right == -1:
                right = length // left if left else 0
            if left * right != length:
                raise fail(f"an axis of length {length} does not split into {left} and {right}")
            new += [left, right]
        elif code < 0:
            raise fail(f"{code} has no meaning")
        else:
            new.append(code)
            at += 1
    size = prod(old)
    if unknown >= 0:
        rest = prod(length for place, length in enumerate(new) if place != unknown)
        new[unknown] = size // rest if rest else 0
    if prod(new) != size:
        raise fail(f"it has {size} elements, not {prod(new)}")
    return tuple(reversed(new)) if reverse else tuple(new)
