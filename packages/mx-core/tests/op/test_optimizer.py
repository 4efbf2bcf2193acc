"""Operators that update weights: the ones for many weights against the ones for one."""

import mx_core.ndarray as nd
import numpy as np
import pytest
from mx_core.base import MXNetError

SHAPES = [(3,), (40, 7), (1,), (300, 301), (64, 64)]  # below and beyond the size of a parallel piece
LRS, WDS = [0.1, 0.2, 0.3, 0.4, 0.5], [0.0, 0.01, 0.0, 0.02, 0.1]
COMMON = {"rescale_grad": 0.5, "clip_gradient": 0.7}


def arrays(states: int, master: bool, seed: int = 5) -> list[list[nd.NDArray]]:
    """For each shape: weight, gradient, states and the float32 weight."""
    rng = np.random.default_rng(seed)
    dtype = "float16" if master else "float32"
    groups = []
    for shape in SHAPES:
        draw = [nd.array(rng.standard_normal(shape), dtype=dtype) for _ in range(2)]
        draw += [nd.array(rng.standard_normal(shape), dtype="float32") for _ in range(states)]
        groups.append(draw + ([draw[0].astype("float32")] if master else []))
    return groups


@pytest.mark.parametrize("master", [False, True])
@pytest.mark.parametrize("momentum", [None, 0.9])
def test_many_weights_are_updated_like_each_alone(momentum: float | None, master: bool) -> None:
    name = ("mp_" if master else "") + ("sgd_update" if momentum is None else "sgd_mom_update")
    more = COMMON if momentum is None else COMMON | {"momentum": momentum}
    states = 0 if momentum is None else 1
    alone, together = arrays(states, master), arrays(states, master)
    for group, lr, wd in zip(alone, LRS, WDS):
        getattr(nd, name)(*group, out=group[0], lr=lr, wd=wd, **more)
    flat = [a for group in together for a in group]
    weights = [group[0] for group in together]
    getattr(nd, "multi_" + name)(*flat, out=weights, lrs=LRS, wds=WDS, num_weights=len(SHAPES), **more)
    for mine, expected in zip(together, alone):
        for a, b in zip(mine, expected):
            np.testing.assert_array_equal(a.asnumpy(), b.asnumpy())


def test_the_update_is_that_of_the_formula() -> None:
    weight, grad = np.array([1.0, -2.0], "float32"), np.array([0.5, 4.0], "float32")
    new = nd.multi_sgd_update(nd.array(weight), nd.array(grad), lrs=(0.1,), wds=(0.5,), clip_gradient=1.0)
    np.testing.assert_allclose(new.asnumpy(), weight - 0.1 * (np.clip(grad, -1, 1) + 0.5 * weight), rtol=1e-6)


def test_weights_are_counted() -> None:
    a, b = nd.ones((2,)), nd.ones((3,))
    out = nd.multi_sgd_update(a, a, b, b, lrs=[1.0, 2.0], wds=[0.0, 0.0])
    assert [o.asnumpy().tolist() for o in out] == [[0.0, 0.0], [-1.0, -1.0, -1.0]]


def test_a_missing_learning_rate_is_an_error() -> None:
    a = nd.ones((2,))
    with pytest.raises(MXNetError, match=r"\[multi_sgd_update\] got 1 lrs and 2 wds for 2 weights"):
        nd.multi_sgd_update(a, a, a, a, lrs=[1.0], wds=[0.0, 0.0], num_weights=2)
