"""Element types: the numbers of the file format, and NumPy's types.

| number | type     | number | type    | number | type     |
| ------ | -------- | ------ | ------- | ------ | -------- |
| 0      | float32  | 3      | uint8   | 6      | int64    |
| 1      | float64  | 4      | int32   | 7      | bool     |
| 2      | float16  | 5      | int8    | 12     | bfloat16 |

NumPy has no bfloat16 of its own: that of the package ``ml_dtypes`` is used, which is imported when it is first needed.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mx_core.base import MXTypeError

__all__ = ["DTYPES", "dtype_name", "dtype_number", "numpy_type"]

BFLOAT16 = 12
#: {number: name}
DTYPES: Mapping[int, str] = {
    0: "float32",
    1: "float64",
    2: "float16",
    3: "uint8",
    4: "int32",
    5: "int8",
    6: "int64",
    7: "bool",
    BFLOAT16: "bfloat16",
}
_types: dict[int, type] = {i: np.dtype(name).type for i, name in DTYPES.items() if i != BFLOAT16}
_numbers: dict[Any, int] = {}
for _number, _type in _types.items():
    _numbers[_type] = _numbers[np.dtype(_type)] = _numbers[DTYPES[_number]] = _number
_numbers |= {float: 1, int: 6, bool: 7, "bfloat16": BFLOAT16}


def numpy_type(number: int) -> type:
    """Return NumPy's scalar type for a type number.

    >>> numpy_type(0)
    <class 'numpy.float32'>
    """
    try:
        return _types[number]
    except KeyError:
        if number != BFLOAT16:
            raise MXTypeError(f"[dtype] {number} is no element type; there are {dict(DTYPES)}") from None
    from ml_dtypes import bfloat16

    _types[BFLOAT16] = bfloat16
    return bfloat16


def dtype_number(dtype: Any) -> int:
    """Return the number of an element type, given as NumPy type or dtype, Python type, or name.

    >>> dtype_number("float16"), dtype_number(np.int32)
    (2, 4)

    Raises:
        MXTypeError: mx has no such type.
    """
    try:
        return _numbers[dtype]
    except (KeyError, TypeError):
        pass
    try:
        found = np.dtype(dtype)
        number = BFLOAT16 if found.name == "bfloat16" else _numbers[found.newbyteorder("=")]
    except (KeyError, TypeError, ValueError, SyntaxError):  # NumPy reads strings such as "(2,)f4"
        names = ", ".join(DTYPES.values())
        raise MXTypeError(f"[dtype] {dtype!r} is no element type of mx; there are {names}") from None
    if isinstance(dtype, type | str | np.dtype):
        _numbers[dtype] = number
    return number


def dtype_name(dtype: Any) -> str:
    """Return the name of an element type.

    >>> dtype_name(np.float32)
    'float32'
    """
    return DTYPES[dtype_number(dtype)]
