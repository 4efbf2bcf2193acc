"""Sorting and selection along an axis."""

from conformance.values import FLOATS, INTEGERS, distinct, listed


def design(d) -> None:
    if d.name == "_shuffle":  # its order is drawn: what is certain are arrays that have one order
        d.add(distinct(1))
        d.add(distinct(1, 7))
        d.add(listed(3, shape=(5, 2)))
        return
    for shape in ((1,), (7,), (3, 5), (2, 3, 4), (33, 65)):
        d.add(distinct(*shape), axis=-1)
    d.add(distinct(3, 6))
    for axis in (None, 0, 1, 2, -2):
        for ascend in (False, True):
            d.add(distinct(2, 3, 4), axis=axis, is_ascend=ascend)
    for dtype in FLOATS + INTEGERS:
        d.add(distinct(4, 5, dtype=dtype, step=1), axis=1)
    d.add(listed(1, 2, 2, 0, 0, -1, 3, 3, shape=(2, 4)), axis=1, is_ascend=True)
    d.add(listed(float("inf"), 2, float("-inf"), 0, 0.5, -1), axis=0, is_ascend=True)
    d.add(distinct(2, 3), axis=2)
    if d.name in ("argsort", "topk"):
        for dtype in ("float16", "float64", "int32", "int64", "uint8"):
            d.add(distinct(3, 5), axis=1, dtype=dtype)
    if d.name == "topk":
        for kind in ("value", "indices", "mask", "both"):
            for k in (1, 2, 4):
                d.add(distinct(3, 4), k=k, ret_typ=kind)
            d.add(distinct(2, 3, 4), k=2, ret_typ=kind, axis=0)
            d.add(distinct(2, 3, 4), k=2, ret_typ=kind, axis=1, is_ascend=True)
            d.add(distinct(2, 3, 4), k=5, ret_typ=kind, axis=None)
            d.add(distinct(33, 65), k=9, ret_typ=kind)
        d.add(distinct(3, 4), k=0, ret_typ="value")
        d.add(distinct(3, 4), k=5, ret_typ="value")
