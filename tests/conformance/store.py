"""The recorded answers: a compressed file for each family.

A file has the arrays "index" (JSON) and "data" (the bytes of all arrays, one after another). Arrays of more than
``WHOLE`` elements are kept as samples and sums.
"""

import json
from functools import cache

import numpy as np

from conformance.catalogue import RECORDED, operators

WHOLE = 200


def digest(array: np.ndarray) -> np.ndarray:
    """What is kept of an array: all of it, or evenly spread elements with two sums at the end."""
    flat = np.ascontiguousarray(array).reshape(-1)
    if flat.size <= WHOLE:
        return flat
    places = np.linspace(0, flat.size - 1, WHOLE).astype(np.int64)
    return flat[places]


def sums(array: np.ndarray) -> list:
    """The sums of the elements of large arrays, and of their magnitudes, which is the scale of the first."""
    if array.size <= WHOLE:
        return []
    flat = array.astype(np.float64).reshape(-1)
    wave = np.cos(np.arange(flat.size) % 1024)
    return [float(flat.sum()), float((flat * wave).sum()), float(np.abs(flat).sum())]


class Writer:
    def __init__(self) -> None:
        self.index: dict = {}
        self.parts: list = []
        self.used = 0

    def _array(self, array: np.ndarray) -> dict:
        kept = digest(array).tobytes()
        entry = {"shape": list(array.shape), "dtype": array.dtype.name, "at": self.used}
        if array.size > WHOLE:
            entry["sums"] = sums(array)
        self.parts.append(kept)
        self.used += len(kept)
        return entry

    def _part(self, part):
        if isinstance(part, dict):
            return {str(key): self._array(value) for key, value in part.items()}
        return [self._array(array) for array in part] if isinstance(part, list) else part

    def add(self, operator: str, case: str, result: dict) -> None:
        """``result``: of arrays in lists and dictionaries, and of texts."""
        entry = {name: self._part(part) for name, part in result.items()}
        self.index.setdefault(operator, {})[case] = entry

    def keep(self, operator: str) -> None:
        """The records that there are of an operator."""
        index, data = _load(operators()[operator].family)
        if operator in index:
            self.index[operator] = {case: self._moved(entry, data) for case, entry in index[operator].items()}

    def _moved(self, entry: dict, data: np.ndarray) -> dict:
        moved = dict(entry)
        for name, part in entry.items():
            if isinstance(part, dict):
                moved[name] = {key: self._copied(array, data) for key, array in part.items()}
            elif isinstance(part, list):
                moved[name] = [self._copied(array, data) for array in part]
        return moved

    def _copied(self, entry: dict, data: np.ndarray) -> dict:
        kept = Recorded(entry, data).values.tobytes()
        self.parts.append(kept)
        self.used += len(kept)
        return entry | {"at": self.used - len(kept)}

    def save(self, family: str) -> None:
        text = json.dumps(self.index, separators=(",", ":")).encode()
        data = np.frombuffer(b"".join(self.parts), np.uint8)
        np.savez_compressed(RECORDED / "recorded" / f"{family}.npz", index=np.frombuffer(text, np.uint8), data=data)


class Recorded:
    """An array as it was recorded."""

    def __init__(self, entry: dict, data: np.ndarray) -> None:
        self.shape = tuple(entry["shape"])
        self.dtype = np.dtype(entry["dtype"])
        self.sums = entry.get("sums", [])
        count = min(int(np.prod(self.shape)), WHOLE)
        self.values = data[entry["at"] : entry["at"] + count * self.dtype.itemsize].view(self.dtype)


@cache
def _load(family: str) -> tuple:
    path = RECORDED / "recorded" / f"{family}.npz"
    if not path.exists():
        return {}, np.zeros(0, np.uint8)
    with np.load(path) as file:
        return json.loads(file["index"].tobytes()), file["data"]


def recorded(operator: str, family: str = "") -> dict:
    """{case: result} of an operator; arrays are :class:`Recorded`."""
    index, data = _load(family or operators()[operator].family)

    def part(value):
        if isinstance(value, dict):
            return {int(key): Recorded(entry, data) for key, entry in value.items()}
        return [Recorded(entry, data) for entry in value] if isinstance(value, list) else value

    return {case: {name: part(p) for name, p in entry.items()} for case, entry in index.get(operator, {}).items()}
