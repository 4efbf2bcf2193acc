"""Products of matrices."""

from conformance.values import FLOATS, INTEGERS, special, uniform


def design(d) -> None:
    globals()["_" + d.name.lower().lstrip("_")](d)


def _dot(d) -> None:
    for left, right in (
        ((1,), (1,)),
        ((7,), (7,)),
        ((3, 5), (5,)),
        ((3, 5), (5, 2)),
        ((1, 5), (5, 1)),
        ((2, 3, 4), (4, 5)),
        ((2, 3, 4), (4, 2, 3)),
        ((2, 3), (3, 4, 2)),
        ((33, 65), (65, 17)),
    ):
        d.add(uniform(*left), uniform(*right))
    d.add(uniform(5, 3), uniform(5, 2), transpose_a=True)
    d.add(uniform(3, 5), uniform(2, 5), transpose_b=True)
    d.add(uniform(5, 3), uniform(2, 5), transpose_a=True, transpose_b=True)
    d.add(uniform(4, 2, 3), uniform(4, 5), transpose_a=True)
    d.add(uniform(2, 3, 4), uniform(5, 3, 4), transpose_b=True)
    d.add(uniform(3, 5), uniform(5, 2), forward_stype="default")
    d.dtypes(uniform(4, 5), uniform(5, 2))
    d.add(special(4, 4), uniform(4, 2))
    d.add(uniform(3, 5), uniform(4, 2))
    d.add(uniform(3, 5), uniform(5, 2, dtype="float64"))
    d.add(uniform(0, 3), uniform(3, 2), np_shape=True)


def _batch_dot(d) -> None:
    for batch, m, k, n in ((1, 1, 1, 1), (2, 3, 4, 5), (7, 1, 5, 1), (3, 33, 17, 9)):
        d.add(uniform(batch, m, k), uniform(batch, k, n))
        d.add(uniform(batch, k + 1, m), uniform(batch, k + 1, n), transpose_a=True)
        d.add(uniform(batch, m, k + 1), uniform(batch, n + 1, k + 1), transpose_b=True)
        d.add(uniform(batch, k + 2, m), uniform(batch, n, k + 2), transpose_a=True, transpose_b=True)
    d.add(uniform(2, 3, 4), uniform(2, 4, 6), forward_stype="default")
    d.dtypes(uniform(2, 4, 5), uniform(2, 5, 2), dtypes=FLOATS + INTEGERS)
    d.add(special(1, 4, 4), uniform(1, 4, 2))
    d.add(uniform(2, 3, 5), uniform(2, 4, 2))
    d.add(uniform(2, 3, 5), uniform(3, 5, 2))


def _contrib_interleaved_matmul_selfatt_qk(d) -> None:
    for length, batch, heads, size in ((1, 1, 1, 1), (5, 2, 3, 4), (7, 1, 2, 3), (17, 3, 2, 8)):
        d.add(uniform(length, batch, heads * size * 3), heads=heads)
    d.dtypes(uniform(5, 2, 24), heads=2, dtypes=FLOATS)
    d.add(uniform(5, 2, 25), heads=2)


def _contrib_interleaved_matmul_selfatt_valatt(d) -> None:
    for length, batch, heads, size in ((1, 1, 1, 1), (5, 2, 3, 4), (7, 1, 2, 3), (17, 3, 2, 8)):
        d.add(uniform(length, batch, heads * size * 3), uniform(batch * heads, length, length), heads=heads)
    d.dtypes(uniform(5, 2, 24), uniform(4, 5, 5), heads=2, dtypes=FLOATS)


def _contrib_interleaved_matmul_encdec_qk(d) -> None:
    for queries, keys, batch, heads, size in ((1, 1, 1, 1, 1), (5, 3, 2, 3, 4), (7, 9, 1, 2, 3), (17, 11, 3, 2, 8)):
        d.add(uniform(queries, batch, heads * size), uniform(keys, batch, heads * size * 2), heads=heads)
    d.dtypes(uniform(5, 2, 8), uniform(3, 2, 16), heads=2, dtypes=FLOATS)


def _contrib_interleaved_matmul_encdec_valatt(d) -> None:
    for queries, keys, batch, heads, size in ((1, 1, 1, 1, 1), (5, 3, 2, 3, 4), (7, 9, 1, 2, 3), (17, 11, 3, 2, 8)):
        d.add(uniform(keys, batch, heads * size * 2), uniform(batch * heads, queries, keys), heads=heads)
    d.dtypes(uniform(3, 2, 16), uniform(4, 5, 3), heads=2, dtypes=FLOATS)


def _khatri_rao(d) -> None:
    d.add(uniform(3, 5))
    d.add(uniform(3, 5), uniform(2, 5))
    d.add(uniform(3, 2), uniform(2, 2), uniform(4, 2))
    d.add(uniform(1, 1), uniform(7, 1))
    d.add(uniform(11, 17), uniform(13, 17))
    d.dtypes(uniform(3, 2), uniform(2, 2), dtypes=FLOATS)
    d.add(uniform(3, 2), uniform(2, 3))
