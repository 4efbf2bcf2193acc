"""Elements by their positions."""

from conformance.values import FLOATS, INTEGERS, integers, listed, uniform


def design(d) -> None:
    globals()["_" + d.name.lower().lstrip("_")](d)


def _take(d) -> None:
    for mode in ("clip", "wrap"):
        for axis in (0, 1, 2, -1):
            d.add(uniform(3, 4, 5), integers(2, 3, low=-7, high=9), mode=mode, axis=axis, gradients=(0,))
        d.add(uniform(7), integers(4, low=-9, high=9), mode=mode, gradients=(0,))
    d.add(uniform(5, 2), integers(4, low=0, high=5), mode="raise", gradients=(0,))
    d.add(uniform(5, 2), integers(1, low=9, high=10), mode="raise", gradients=())
    for shape, index in (((5,), (1,)), ((5, 3), (2, 2, 2)), ((33, 65), (17,))):
        d.add(uniform(*shape), integers(*index, high=5), gradients=(0,))
    for dtype in FLOATS + INTEGERS:
        d.add(uniform(4, 3, dtype=dtype), integers(5, high=4))
        d.add(uniform(4, 2), integers(5, high=4, dtype=dtype), gradients=(0,))
    d.add(uniform(4, 3), integers(5, high=4, dtype="int32"), axis=2)


def _batch_take(d) -> None:
    for rows, columns in ((1, 1), (3, 5), (33, 65)):
        d.add(uniform(rows, columns), integers(rows, high=columns, dtype="int32"))
    d.add(uniform(3, 5), integers(3, low=-7, high=9, dtype="int32"))
    d.add(uniform(3, 5), integers(3, high=5))
    for dtype in ("float16", "float64", "int32"):
        d.add(uniform(4, 3, dtype=dtype), integers(4, high=3, dtype="int32"))


def _embedding(d) -> None:
    for shape in ((1,), (4,), (2, 3), (2, 2, 2)):
        d.add(integers(*shape, high=5), uniform(5, 3), input_dim=5, output_dim=3, gradients=(1,))
    d.add(integers(6, low=-4, high=9), uniform(5, 3), input_dim=5, output_dim=3, gradients=(1,))
    d.add(integers(33, high=50), uniform(50, 17), input_dim=50, output_dim=17, gradients=(1,))
    for dtype in FLOATS:
        d.add(
            integers(4, high=5),
            uniform(5, 2, dtype=dtype),
            input_dim=5,
            output_dim=2,
            dtype=dtype,
            gradients=() if dtype != "float32" else (1,),
        )
    for dtype in ("int32", "int64", "uint8", "float64"):
        d.add(integers(7, high=5, dtype=dtype), uniform(5, 2), input_dim=5, output_dim=2, gradients=(1,))
    d.add(integers(4, high=5), uniform(5, 3), input_dim=5, output_dim=4)
    d.add(integers(4, high=5), uniform(5, 3), input_dim=6, output_dim=3)


_contrib_sparseembedding = _embedding


def _contrib_boolean_mask(d) -> None:
    d.add(uniform(4, 3), listed(0, 1, 1, 0), gradients=(0,))
    d.add(uniform(4), listed(1, 0, 0, 1), gradients=(0,))
    d.add(uniform(3, 4), listed(1, 0, 0, 1), axis=1, gradients=(0,))
    d.add(uniform(3, 2, 2), listed(2, 0, -1), gradients=(0,))
    d.add(uniform(33, 65), integers(33, high=2), gradients=(0,))
    for dtype in FLOATS + INTEGERS:
        d.add(uniform(4, 2, dtype=dtype), listed(0, 1, 1, 1))
        d.add(uniform(4, 3), listed(0, 1, 1, 1, dtype=dtype), gradients=(0,))
    d.add(uniform(4, 3), listed(0, 1, 1))


def _contrib_index_array(d) -> None:
    for shape in ((1,), (7,), (3, 5), (2, 3, 4)):
        d.add(uniform(*shape))
    for axes in ((0,), (1,), (1, 0), (2, 0), (-1,)):
        d.add(uniform(2, 3, 4), axes=axes)
    d.add(uniform(33, 65), axes=(1,))
    d.add(uniform(2, 3, dtype="int32"))


def _contrib_index_copy(d) -> None:
    for dtype in ("int32", "int64", "float32"):
        d.add(uniform(5, 3), listed(0, 4, 2, dtype=dtype), uniform(3, 3, low=-3.0), gradients=(0, 2))
    d.add(uniform(5), listed(3, dtype="int32"), uniform(1, low=-3.0), gradients=(0, 2))
    d.add(uniform(33, 65), listed(3, 30, dtype="int32"), uniform(2, 65, low=-3.0), gradients=(0, 2))
    d.add(uniform(4, 2, 3), listed(1, 0, dtype="int32"), uniform(2, 2, 3, low=-3.0), gradients=(0, 2))
    for dtype in ("float16", "float64"):
        old, new = uniform(5, 3, dtype=dtype), uniform(2, 3, low=-3.0, dtype=dtype)
        d.add(old, listed(4, 1, dtype="int32"), new, gradients=(0, 2))


def _onehot_encode(d) -> None:
    d.add(listed(0, 2, 1), uniform(3, 4), out=(1,))
    d.add(listed(3, 3), uniform(2, 5), out=(1,))


def _ravel_multi_index(d) -> None:
    d.add(listed(3, 6, 6, 4, 5, 1, shape=(2, 3)), shape=(7, 6))
    d.add(listed(3, 6, 6, 4, 5, 1, shape=(2, 3), dtype="int64"), shape=(7, 6))
    d.add(listed(1, 0, 1, 2, 0, 3, shape=(3, 2)), shape=(2, 3, 4))
    d.add(listed(3, 6, 6, 4, 5, 1, shape=(2, 3)), shape=(-1, 6))
    d.add(listed(5, 2, shape=(1, 2), dtype="int32"), shape=(7,))


def _unravel_index(d) -> None:
    d.add(listed(22, 41, 37), shape=(7, 6))
    d.add(listed(22, 41, 37, dtype="int64"), shape=(7, 6))
    d.add(listed(22, 11, 23), shape=(2, 3, 4))
    d.add(listed(22, 41, 37), shape=(-1, 6))
    d.add(listed(5, 2, dtype="int32"), shape=(7,))


def _scatter_set_nd(d) -> None:
    where = listed(0, 1, 2, 0, shape=(2, 2))
    for dtype in FLOATS + INTEGERS:
        d.add(uniform(3, 4, dtype=dtype), uniform(2, low=-3.0, dtype=dtype), where, shape=(3, 4), out=(0,))
    d.add(uniform(3, 4), uniform(2, 4, low=-3.0), listed(2, 0, shape=(1, 2)), shape=(3, 4), out=(0,))
    d.add(uniform(3, 4), uniform(2, low=-3.0), listed(0, 1, 2, 0, shape=(2, 2), dtype="int32"), shape=(3, 4), out=(0,))
    d.add(uniform(3, 4), uniform(2, low=-3.0), where, shape=(3, 4))


def _fill_element_0index(d) -> None:
    d.add(uniform(3, 4), uniform(3, low=-3.0), listed(0, 3, 1))
    d.add(uniform(1, 1), uniform(1, low=-3.0), listed(0))


def _gather_nd(d) -> None:
    d.add(uniform(3, 4), listed(0, 1, 2, 3, 0, 1, shape=(2, 3)), gradients=(0,))
    d.add(uniform(3, 4), listed(0, 2, 2, shape=(1, 3)), gradients=(0,))
    d.add(uniform(2, 3, 4), listed(0, 1, 1, 2, 0, 1, shape=(2, 3)), gradients=(0,))
    d.add(uniform(7), listed(6, 0, 0, shape=(1, 3)), gradients=(0,))
    d.add(uniform(3, 4), listed(0, 1, 2, 2, 3, 0, 1, 3, shape=(2, 2, 2)), gradients=(0,))
    d.add(uniform(33, 65), integers(2, 17, high=33), gradients=(0,))
    d.add(uniform(3, 4), listed(-1, 1, 2, -2, shape=(2, 2)), gradients=())
    for dtype in FLOATS + INTEGERS:
        d.add(uniform(3, 2, dtype=dtype), listed(0, 1, 1, 0, shape=(2, 2)))
        d.add(uniform(4, 2), listed(0, 1, 1, 0, shape=(2, 2), dtype=dtype), gradients=(0,))
    d.add(uniform(3, 4), listed(0, 1, 2, shape=(3, 1)))


def _scatter_nd(d) -> None:
    d.add(uniform(2), listed(0, 1, 2, 0, shape=(2, 2)), shape=(3, 4), gradients=(0,))
    d.add(uniform(2, 4), listed(2, 0, shape=(1, 2)), shape=(3, 4), gradients=(0,))
    d.add(uniform(3), listed(6, 0, 1, shape=(1, 3)), shape=(7,), gradients=(0,))
    d.add(uniform(2, 2), listed(0, 1, 2, 2, 3, 0, 1, 3, shape=(2, 2, 2)), shape=(3, 4), gradients=(0,))
    for dtype in FLOATS + INTEGERS:
        d.add(uniform(2, dtype=dtype, low=-3.0), listed(0, 1, 1, 0, shape=(2, 2)), shape=(2, 2), gradients=(0,))


def _one_hot(d) -> None:
    for shape in ((1,), (4,), (2, 3)):
        d.add(integers(*shape, high=5), depth=5)
    d.add(listed(-1, 0, 4, 5, 2), depth=5)
    d.add(integers(33, high=65), depth=65)
    d.add(integers(4, high=5), depth=5, on_value=2.5, off_value=-1.0)
    d.add(integers(4, high=5), depth=3)
    for dtype in (*FLOATS[::2], *INTEGERS):
        d.add(integers(4, high=5), depth=5, dtype=dtype)
        d.add(integers(4, high=5, dtype=dtype), depth=5)
