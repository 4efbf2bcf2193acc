"""Parts, joins, orders and shapes of arrays."""

from conformance.values import FLOATS, INTEGERS, uniform

SHAPES = ((1,), (7,), (3, 5), (2, 3, 4), (2, 1, 3, 1, 2), (33, 65))
ALL = (*FLOATS, *INTEGERS, "bool")


def design(d) -> None:
    globals()["_" + d.name.lower().lstrip("_")](d)


def _types(d, *shape, **params) -> None:
    for dtype in ALL:
        d.add(uniform(*shape, low=0 if dtype == "bool" else -2.0, dtype=dtype), **params)


def _concat(d) -> None:
    for dim in (0, 1, 2, -1, -3):
        parts = [uniform(*[n + 1 if axis == dim % 3 else 3 for axis in range(3)]) for n in range(3)]
        d.add(*parts, dim=dim, num_args=3)
    d.add(uniform(3, 5), uniform(3, 2), num_args=2)
    d.add(uniform(3, 5), num_args=1)
    d.add(uniform(7), uniform(1), dim=0, num_args=2)
    d.add(uniform(33, 65), uniform(33, 17), uniform(33, 1), num_args=3)
    d.add(*(uniform(2, 1 + i % 3) for i in range(9)), num_args=9)
    for dtype in ALL:
        d.add(uniform(2, 3, low=0, dtype=dtype), uniform(2, 1, low=0, dtype=dtype), num_args=2)
    d.add(uniform(2, 3), uniform(3, 3), num_args=2)
    d.add(uniform(2, 3), uniform(2, 3), dim=2, num_args=2)
    d.add(uniform(2, 3), uniform(2, 3, dtype="float64"), num_args=2)
    d.add(uniform(0, 3), uniform(2, 3), dim=0, num_args=2, np_shape=True)


def _rnn_param_concat(d) -> None:
    d.add(uniform(3), uniform(5), dim=0, num_args=2)
    d.add(uniform(3), uniform(5), uniform(1), dim=0, num_args=3)
    d.add(uniform(3, 2), uniform(5, 2), dim=0, num_args=2)
    d.add(uniform(2, 3), uniform(2, 4), num_args=2)
    for dtype in FLOATS:
        d.add(uniform(4, dtype=dtype), uniform(2, dtype=dtype), dim=0, num_args=2)


def _stack(d) -> None:
    for axis in (0, 1, 2, -1, -3):
        d.add(uniform(3, 5), uniform(3, 5, low=-3.0), axis=axis, num_args=2)
    d.add(uniform(7), num_args=1)
    d.add(uniform(7), uniform(7, low=-3.0), uniform(7, low=-1.0), num_args=3)
    d.add(uniform(33, 65), uniform(33, 65, low=-3.0), num_args=2)
    for dtype in ALL:
        d.add(uniform(2, 3, low=0, dtype=dtype), uniform(2, 3, low=0, high=1, dtype=dtype), num_args=2)
    d.add(uniform(2, 3), uniform(3, 2), num_args=2)
    d.add(uniform(2, 3), uniform(2, 3), axis=3, num_args=2)


def _crop(d) -> None:
    d.add(uniform(2, 3, 6, 7), h_w=(4, 5), num_args=1)
    d.add(uniform(2, 3, 6, 7), h_w=(4, 5), offset=(1, 2), num_args=1)
    d.add(uniform(2, 3, 6, 7), h_w=(4, 5), center_crop=True, num_args=1)
    d.add(uniform(2, 3, 6, 7), uniform(2, 1, 3, 4), num_args=2)
    d.add(uniform(2, 3, 6, 7), uniform(2, 1, 3, 4), offset=(2, 1), num_args=2)
    d.add(uniform(2, 3, 6, 7), uniform(2, 1, 3, 4), center_crop=True, num_args=2)
    for dtype in ("float16", "float64"):
        d.add(uniform(1, 1, 4, 4, dtype=dtype), h_w=(2, 2), num_args=1)
    d.add(uniform(1, 2, 4, 5), h_w=(2, 3), offset=(1, 1), num_args=1)
    d.add(uniform(1, 1, 4, 4), h_w=(5, 2), num_args=1)


def _flatten(d) -> None:
    for shape in (*SHAPES, (2, 3, 4, 5)):
        d.add(uniform(*shape))
    _types(d, 2, 3, 2)


def _pad(d) -> None:
    for mode in ("constant", "edge", "reflect"):
        d.add(uniform(2, 1, 3, 4), mode=mode, pad_width=(0, 0, 0, 0, 1, 2, 2, 1))
        d.add(uniform(1, 2, 3, 3, 4), mode=mode, pad_width=(0, 0, 0, 0, 1, 2, 2, 1, 0, 3))
        d.add(uniform(1, 2, 17, 33), mode=mode, pad_width=(0, 0, 0, 0, 5, 2, 2, 9))
        for dtype in ("float16", "float64", "int32", "uint8"):
            d.add(uniform(1, 1, 3, 3, dtype=dtype), mode=mode, pad_width=(0, 0, 0, 0, 1, 1, 1, 1))
    for value in (3.5, -1.0):
        d.add(uniform(2, 1, 3, 4), mode="constant", pad_width=(0, 0, 0, 0, 1, 2, 2, 1), constant_value=value)
    d.add(uniform(3, 4), mode="constant", pad_width=(1, 1, 2, 2))
    d.add(uniform(2, 1, 3, 4), mode="reflect", pad_width=(0, 0, 0, 0, 3, 0, 0, 0))


def _reshape(d) -> None:
    for shape in ((24,), (4, 6), (-1,), (0, -1), (-1, 0), (0, 0, -1), (2, -2), (-2,), (-3, 4), (0, -3), (-3, 0)):
        d.add(uniform(2, 3, 4), shape=shape)
    for shape in ((-4, 1, 2, -2), (-4, -1, 2, -2), (0, 0, -4, 2, 2), (0, -4, 3, -1, 0), (-1, 4, 1), (-3, -1), (1, -2)):
        d.add(uniform(2, 3, 4), shape=shape)
    for shape in ((-1, 0), (0, -1), (-1,), (0, 0, 0), (-2,), (-3, 4), (0, -3)):
        d.add(uniform(2, 3, 4), shape=shape, reverse=True)
    d.add(uniform(10, 5, 4), shape=(-1, 0))
    d.add(uniform(10, 5, 4), shape=(-1, 0), reverse=True)
    d.add(uniform(2, 3, 4), target_shape=(4, 6))
    d.add(uniform(2, 3, 4), target_shape=(0, 6))
    d.add(uniform(2, 3, 4), target_shape=(2, 0), keep_highest=True)
    d.add(uniform(1), shape=(1, 1, 1))
    d.add(uniform(33, 65), shape=(65, 33))
    _types(d, 2, 6, shape=(3, 4))
    d.add(uniform(2, 3, 4), shape=(-1, -1))
    d.add(uniform(2, 3, 4), shape=(-1, 5))


def _reshape_like(d) -> None:
    d.add(uniform(2, 3, 4), uniform(4, 6))
    d.add(uniform(24), uniform(2, 3, 4))
    d.add(uniform(30, 7), uniform(15, 2, 4), lhs_begin=0, lhs_end=1, rhs_begin=0, rhs_end=2)
    d.add(uniform(7, 30), uniform(4, 15, 2), lhs_begin=-1, lhs_end=None, rhs_begin=-2, rhs_end=None)
    d.add(uniform(2, 30, 7), uniform(15, 2, 4), lhs_begin=1, lhs_end=2, rhs_begin=0, rhs_end=2)
    d.add(uniform(6, 5), uniform(2, 3, 5), lhs_end=1, rhs_end=2)
    d.add(uniform(2, 3, 4), uniform(5, 5))
    for dtype in ("float16", "float64", *INTEGERS):
        d.add(uniform(6, dtype=dtype), uniform(2, 3))


def _slicechannel(d) -> None:
    for axis in (0, 1, 2, -1):
        d.add(uniform(4, 4, 4), num_outputs=2, axis=axis)
        d.add(uniform(2, 2, 2), num_outputs=2, axis=axis, squeeze_axis=True)
    d.add(uniform(3, 6), num_outputs=3)
    d.add(uniform(3, 6), num_outputs=6)
    d.add(uniform(3, 6), num_outputs=1)
    d.add(uniform(33, 66), num_outputs=11)
    for dtype in ALL:
        d.add(uniform(2, 4, low=0, dtype=dtype), num_outputs=2)
    d.add(uniform(3, 5), num_outputs=2)


def _split_v2(d) -> None:
    for axis in (0, 1, 2, -1):
        d.add(uniform(4, 6, 8), indices=(), sections=2, axis=axis)
        d.add(uniform(4, 6, 8), indices=(0, 1, 3), axis=axis)
    d.add(uniform(3, 2), indices=(), sections=2, squeeze_axis=True)
    d.add(uniform(33, 66), indices=(0, 9, 30, 31))
    for dtype in ALL:
        d.add(uniform(2, 4, low=0, dtype=dtype), indices=(0, 1))
    d.add(uniform(3, 5), indices=(), sections=2)


def _swapaxis(d) -> None:
    for dim1, dim2 in ((0, 1), (0, 2), (2, 1), (1, 1), (-1, 0), (-2, -1)):
        d.add(uniform(2, 3, 4), dim1=dim1, dim2=dim2)
    d.add(uniform(33, 65), dim1=0, dim2=1)
    d.add(uniform(2, 3, 4))
    d.add(uniform(2, 3, 2, 3, 2), dim1=1, dim2=3)
    _types(d, 3, 5, dim1=0, dim2=1)
    d.add(uniform(2, 3), dim1=0, dim2=2)


def _transpose(d) -> None:
    for shape in SHAPES:
        d.add(uniform(*shape))
    for axes in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        d.add(uniform(2, 3, 4), axes=axes)
    d.add(uniform(2, 3, 4, 5), axes=(0, 2, 3, 1))
    d.add(uniform(2, 3, 4, 5), axes=(0, 3, 1, 2))
    d.add(uniform(2, 3, 2, 3, 2), axes=(4, 1, 3, 0, 2))
    d.add(uniform(2, 3, 4), axes=(0, -1, 1))
    _types(d, 4, 6, axes=(1, 0))
    d.add(uniform(2, 3, 4), axes=(0, 1))
    d.add(uniform(0, 3), np_shape=True)


def _slice_assign(d) -> None:
    d.add(uniform(4, 5), uniform(2, 3, low=-3.0), begin=(1, 1), end=(3, 4))
    d.add(uniform(4, 5), uniform(2, 5, low=-3.0), begin=(1,), end=(3,))
    d.add(uniform(4, 5), uniform(2, 2, low=-3.0), begin=(0, 1), end=(4, 5), step=(2, 2))
    d.add(uniform(4, 5), uniform(4, 2, low=-3.0), begin=(None, -2), end=(None, None))
    d.add(uniform(4, 5), uniform(2, 5, low=-3.0), begin=(3, None), end=(1, None), step=(-1, 1))
    d.add(uniform(33, 65), uniform(9, 11, low=-3.0), begin=(3, 5), end=(12, 16))
    for dtype in (*FLOATS, *INTEGERS):
        d.add(uniform(4, dtype=dtype), uniform(2, low=-3.0, dtype=dtype), begin=(1,), end=(3,))
    d.add(uniform(4, 5), uniform(2, 2), begin=(1, 1), end=(3, 4))


def _slice_assign_scalar(d) -> None:
    for scalar in (0.0, 2.5, -1.0):
        d.add(uniform(4, 5), scalar=scalar, begin=(1, 1), end=(3, 4))
    d.add(uniform(4, 5), scalar=3.0, begin=(1,), end=(3,))
    d.add(uniform(4, 5), scalar=3.0, begin=(0, 1), end=(4, 5), step=(2, 2))
    d.add(uniform(4, 5), scalar=3.0, begin=(None, -2), end=(None, None))
    d.add(uniform(4, 5), scalar=3.0, begin=(3, None), end=(1, None), step=(-1, 1))
    d.add(uniform(33, 65), scalar=3.0, begin=(3, 5), end=(12, 16))
    for dtype in (*FLOATS, *INTEGERS):
        d.add(uniform(4, dtype=dtype), scalar=3.0, begin=(1,), end=(3,))


def _slice(d) -> None:
    for begin, end, step in (
        ((0, 1), (2, 3), ()),
        ((1,), (3,), ()),
        ((None, -2), (None, None), ()),
        ((-3, 0), (-1, 5), ()),
        ((0, 0), (4, 5), (2, 3)),
        ((3, 4), (0, 0), (-1, -2)),
        ((None, None), (None, None), (-1, -1)),
        ((None, 1), (None, 4), (None, 2)),
        ((1, 1), (2, 2), ()),
        ((0, 0), (9, 9), ()),
    ):
        d.add(uniform(4, 5), begin=begin, end=end, step=step)
    d.add(uniform(2, 3, 4), begin=(0, 1), end=(1, 3))
    d.add(uniform(33, 65), begin=(3, 5), end=(30, 60), step=(2, 3))
    _types(d, 4, 5, begin=(1, 1), end=(3, 4))
    d.add(uniform(4, 5), begin=(2,), end=(2,))
    d.add(uniform(4), begin=(0, 0), end=(1, 1))


def _slice_axis(d) -> None:
    for axis in (0, 1, 2, -1, -3):
        d.add(uniform(4, 5, 6), axis=axis, begin=1, end=3)
    for begin, end in ((0, None), (-3, None), (-3, -1), (0, -2), (2, 9)):
        d.add(uniform(4, 5), axis=1, begin=begin, end=end)
    d.add(uniform(33, 65), axis=1, begin=7, end=50)
    _types(d, 4, 5, axis=0, begin=1, end=3)
    d.add(uniform(4, 5), axis=2, begin=0, end=1)
    d.add(uniform(4, 5), axis=0, begin=3, end=1)


def _slice_like(d) -> None:
    for axes in ((), (0,), (1,), (0, 2), (-1,), (-1, 0)):
        d.add(uniform(4, 5, 6), uniform(2, 3, 4), axes=axes)
    d.add(uniform(4, 5), uniform(4, 5))
    d.add(uniform(33, 65), uniform(9, 11))
    d.add(uniform(4, 5), uniform(2), axes=(0,))
    d.add(uniform(4, 5), uniform(5, 5))
    for dtype in (*FLOATS, *INTEGERS):
        d.add(uniform(4, dtype=dtype), uniform(2, dtype=dtype))


def _im2col(d) -> None:
    d.add(uniform(2, 3, 5, 6), kernel=(2, 3))
    d.add(uniform(2, 3, 5, 6), kernel=(3, 3), stride=(2, 1), pad=(1, 2))
    d.add(uniform(2, 3, 7, 8), kernel=(3, 2), dilate=(2, 3), pad=(1, 1))
    d.add(uniform(2, 3, 9), kernel=(3,), stride=(2,), pad=(1,))
    d.add(uniform(1, 2, 4, 4, 4), kernel=(2, 2, 2))
    for dtype in ("float16", "float64"):
        d.add(uniform(1, 2, 4, 4, dtype=dtype), kernel=(2, 2))


def _col2im(d) -> None:
    d.add(uniform(2, 18, 16), kernel=(2, 3), output_size=(5, 6))
    d.add(uniform(2, 27, 24), kernel=(3, 3), stride=(2, 1), pad=(1, 2), output_size=(5, 6))
    d.add(uniform(2, 18, 35), kernel=(3, 2), dilate=(2, 3), pad=(1, 1), output_size=(7, 8))
    d.add(uniform(2, 9, 5), kernel=(3,), stride=(2,), pad=(1,), output_size=(9,))
    for dtype in ("float16", "float64"):
        d.add(uniform(1, 8, 9, dtype=dtype), kernel=(2, 2), output_size=(4, 4))
    d.add(uniform(1, 8, 10), kernel=(2, 2), output_size=(4, 4))


def _depth_to_space(d) -> None:
    for block, shape in (
        (2, (1, 4, 1, 1)),
        (2, (2, 8, 3, 5)),
        (3, (1, 18, 2, 2)),
        (1, (2, 3, 4, 5)),
        (2, (3, 16, 9, 7)),
    ):
        d.add(uniform(*shape), block_size=block)
    _types(d, 1, 8, 2, 3, block_size=2)
    d.add(uniform(1, 6, 2, 2), block_size=2)


def _space_to_depth(d) -> None:
    for block, shape in (
        (2, (1, 1, 2, 2)),
        (2, (2, 2, 6, 4)),
        (3, (1, 2, 6, 3)),
        (1, (2, 3, 4, 5)),
        (2, (3, 4, 18, 14)),
    ):
        d.add(uniform(*shape), block_size=block)
    _types(d, 1, 2, 4, 6, block_size=2)
    d.add(uniform(1, 2, 3, 4), block_size=2)


def _diag(d) -> None:
    for k in (0, 1, -1, 3):
        d.add(uniform(4, 5), k=k)
        d.add(uniform(4), k=k)
    for axis1, axis2 in ((0, 1), (0, 2), (1, 2), (2, 0), (-1, -2)):
        d.add(uniform(3, 4, 5), axis1=axis1, axis2=axis2)
        d.add(uniform(3, 4, 5), axis1=axis1, axis2=axis2, k=1)
    d.add(uniform(33, 65))
    _types(d, 4, 4)
    d.add(uniform(4, 5), k=9)


def _expand_dims(d) -> None:
    for axis in (0, 1, 2, 3, -1, -4):
        d.add(uniform(2, 3, 4), axis=axis)
    d.add(uniform(1), axis=0)
    d.add(uniform(33, 65), axis=1)
    _types(d, 3, 5, axis=1)
    d.add(uniform(2, 3), axis=4)


def _squeeze(d) -> None:
    for axis in (None, 1, -1, (1, 3), (3,), (-4, -2)):
        d.add(uniform(2, 1, 3, 1), axis=axis)
    d.add(uniform(1, 1))
    d.add(uniform(2, 3))
    _types(d, 3, 1, 5)
    d.add(uniform(2, 3), axis=0)


def _repeat(d) -> None:
    for axis in (None, 0, 1, 2, -1):
        d.add(uniform(2, 3, 4), repeats=2, axis=axis)
    for repeats in (1, 3):
        d.add(uniform(3, 5), repeats=repeats, axis=1)
        d.add(uniform(3, 5), repeats=repeats)
    d.add(uniform(33, 65), repeats=2, axis=0)
    _types(d, 3, 2, repeats=2, axis=0)
    d.add(uniform(2, 3), repeats=2, axis=2)


def _tile(d) -> None:
    for reps in ((2,), (2, 3), (1, 1), (3, 1, 2), (2, 1, 1, 2), (4,)):
        d.add(uniform(2, 3), reps=reps)
    d.add(uniform(2, 3, 4), reps=(2,))
    d.add(uniform(1), reps=(7,))
    d.add(uniform(33, 65), reps=(2, 2))
    _types(d, 3, 2, reps=(1, 2))


def _reverse(d) -> None:
    for axis in ((0,), (1,), (2,), (0, 2), (0, 1, 2), 1):
        d.add(uniform(2, 3, 4), axis=axis)
    d.add(uniform(7), axis=0)
    d.add(uniform(33, 65), axis=1)
    d.add(uniform(3, 5), axis=-1)
    _types(d, 3, 5, axis=0)
    d.add(uniform(3, 5), axis=2)
