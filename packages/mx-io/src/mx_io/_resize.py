"""Resampling of images by separable weights, at the positions that OpenCV takes: the centres of pixels."""

import numpy as np

NEAREST, LINEAR, CUBIC = 0, 1, 2
_CUBIC_A = -0.75  # of Keys, "Cubic convolution interpolation for digital image processing", 1981; OpenCV's choice


def _taps(old: int, new: int, interp: int) -> tuple[np.ndarray, np.ndarray]:
    """(source positions, weights) of every new pixel along one axis, both of shape (new, taps)."""
    if interp == NEAREST:
        index = np.minimum(np.arange(new) * old // new, old - 1)
        return index[:, None], np.ones((new, 1), np.float32)
    centre = (np.arange(new) + 0.5) * (old / new) - 0.5
    start = np.floor(centre).astype(np.int64)
    t = (centre - start)[:, None]
    if interp == LINEAR:
        offsets, weights = [0, 1], np.hstack([1 - t, t])
    else:
        a, distance = _CUBIC_A, np.abs(np.array([-1, 0, 1, 2]) - t)
        near = ((a + 2) * distance - (a + 3)) * distance * distance + 1
        far = ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
        offsets, weights = [-1, 0, 1, 2], np.where(distance <= 1, near, far)
    return np.clip(start[:, None] + offsets, 0, old - 1), weights.astype(np.float32)


def resize(pixels: np.ndarray, width: int, height: int, interp: int) -> np.ndarray:
    """``pixels`` of shape (height, width, channels) at another size, in the same dtype."""
    rows, row_weights = _taps(pixels.shape[0], height, interp)
    columns, column_weights = _taps(pixels.shape[1], width, interp)
    if interp == NEAREST:
        return np.ascontiguousarray(pixels[rows, columns[:, 0]])
    wide = np.einsum("hktc,kt->hkc", pixels.astype(np.float32)[:, columns], column_weights)
    result = np.einsum("htkc,ht->hkc", wide[rows], row_weights)
    if np.issubdtype(pixels.dtype, np.integer):
        limits = np.iinfo(pixels.dtype)
        result = np.clip(np.floor(result + 0.5), limits.min, limits.max)
    return result.astype(pixels.dtype)
