"""Operators that update one weight, against their formulas in NumPy float64."""

from collections.abc import Callable

import numpy as np
import pytest
from mx_core import nd
from mx_core.base import MXNetError

COMMON = [{}, {"wd": 0.1}, {"wd": 0.2, "rescale_grad": 0.5, "clip_gradient": 0.3}, {"clip_gradient": 0.0}]
SHAPE = (7, 33)


def clip(x: np.ndarray, limit: float) -> np.ndarray:
    return np.clip(x, -limit, limit) if limit >= 0 else x


def scaled(g: np.ndarray, p: dict) -> np.ndarray:
    return clip(p["rescale_grad"] * g, p["clip_gradient"])


def decayed(w: np.ndarray, g: np.ndarray, p: dict) -> np.ndarray:
    """The gradient where the decay is clipped with it."""
    return clip(p["rescale_grad"] * g + p["wd"] * w, p["clip_gradient"])


def adam(w, g, mean, var, p):
    g = decayed(w, g, p)
    mean = p["beta1"] * mean + (1 - p["beta1"]) * g
    var = p["beta2"] * var + (1 - p["beta2"]) * g * g
    return w - p["lr"] * mean / (np.sqrt(var) + p["epsilon"]), mean, var


def ftrl(w, g, z, n, p):
    g = scaled(g, p)
    z = z + g - (np.sqrt(n + g * g) - np.sqrt(n)) * w / p["lr"]
    n = n + g * g
    step = (np.sign(z) * p["lamda1"] - z) / ((p["beta"] + np.sqrt(n)) / p["lr"] + p["wd"])
    return step * (np.abs(z) > p["lamda1"]), z, n


def rmsprop(w, g, n, p):
    g = decayed(w, g, p)
    n = p["gamma1"] * n + (1 - p["gamma1"]) * g * g
    return clip(w - p["lr"] * g / np.sqrt(n + p["epsilon"]), p["clip_weights"]), n


def rmspropalex(w, g, n, mean, delta, p):
    g = decayed(w, g, p)
    n = p["gamma1"] * n + (1 - p["gamma1"]) * g * g
    mean = p["gamma1"] * mean + (1 - p["gamma1"]) * g
    delta = p["gamma2"] * delta - p["lr"] * g / np.sqrt(n - mean * mean + p["epsilon"])
    return clip(w + delta, p["clip_weights"]), n, mean, delta


def signsgd(w, g, p):
    return (1 - p["lr"] * p["wd"]) * w - p["lr"] * np.sign(g)


def signum(w, g, mom, p):
    mom = p["momentum"] * mom - (1 - p["momentum"]) * (scaled(g, p) + p["wd"] * w)
    return (1 - p["lr"] * p["wd_lh"]) * w + p["lr"] * np.sign(mom), mom


def nag(w, g, mom, p):
    g = scaled(g, p)
    step = p["lr"] * (g + p["wd"] * w)
    new = w + p["momentum"] * (p["momentum"] * mom - step) - step
    # The decay in the momentum is that of the weight which the result has replaced.
    return new, p["momentum"] * mom - p["lr"] * (g + p["wd"] * new)


def adagrad(w, g, history, p):
    g = scaled(g, p)
    history = history + g * g
    return w - p["lr"] * (g / np.sqrt(history + p["epsilon"]) + p["wd"] * w), history


RULES: dict[str, tuple[Callable, int, list[dict]]] = {
    "adam_update": (
        adam,
        2,
        [{"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}, {"beta1": 0.5, "beta2": 0.9, "epsilon": 0.1}],
    ),
    "ftrl_update": (ftrl, 2, [{"lamda1": 0.01, "beta": 1.0}, {"lamda1": 0.5, "beta": 0.3}]),
    "rmsprop_update": (
        rmsprop,
        1,
        [{"gamma1": 0.95, "epsilon": 1e-8, "clip_weights": -1.0}, {"gamma1": 0.5, "epsilon": 0.1, "clip_weights": 0.2}],
    ),
    "rmspropalex_update": (
        rmspropalex,
        3,
        [{"gamma1": 0.5, "gamma2": 0.3, "epsilon": 8.0, "clip_weights": limit} for limit in (-1.0, 0.2)],
    ),
    "signum_update": (signum, 1, [{"momentum": 0.0, "wd_lh": 0.0}, {"momentum": 0.6, "wd_lh": 0.1}]),
    "nag_mom_update": (nag, 1, [{"momentum": 0.0}, {"momentum": 0.6}]),
    "_sparse_adagrad_update": (adagrad, 1, [{"epsilon": 1e-7}, {"epsilon": 0.5}]),
}


def find(name: str) -> Callable:
    return nd.sparse.adagrad_update if name == "_sparse_adagrad_update" else getattr(nd, name)


def draw(states: int, dtype: str, seed: int = 3) -> list[nd.NDArray]:
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal(SHAPE), 2 * rng.standard_normal(SHAPE)]
    arrays += [np.abs(rng.standard_normal(SHAPE)) / 2 + 0.1 for _ in range(states)]
    return [nd.array(a, dtype=dtype) for a in arrays]


@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-6), ("float32", 2e-5), ("float16", 2e-2)])
@pytest.mark.parametrize("name", RULES)
def test_two_steps_follow_the_formula(name: str, dtype: str, tolerance: float) -> None:
    rule, states, options = RULES[name]
    for option in options:
        for common in COMMON:
            arrays = draw(states, dtype)
            expected = [a.asnumpy().astype("float64") for a in arrays]
            params = {"lr": 0.1, "wd": 0.0, "rescale_grad": 1.0, "clip_gradient": -1.0} | option | common
            for _ in range(2):
                find(name)(*arrays, out=arrays[0], **params)
                results = rule(expected[0], expected[1], *expected[2:], params)
                expected = [results[0], expected[1], *results[1:]]
            for mine, theirs in zip(arrays, expected):
                np.testing.assert_allclose(
                    mine.asnumpy(), theirs, rtol=tolerance, atol=tolerance * np.abs(theirs).max()
                )


def test_signsgd_ignores_size() -> None:
    w, g = draw(0, "float64")
    new = nd.signsgd_update(w, g, lr=0.1, wd=0.5, rescale_grad=3, clip_gradient=0.01)
    np.testing.assert_allclose(new.asnumpy(), signsgd(w.asnumpy(), g.asnumpy(), {"lr": 0.1, "wd": 0.5}), rtol=1e-6)


def test_nag_elsewhere_decays_by_the_old_weight() -> None:
    w, g, mom = draw(1, "float64")
    expected = 0.6 * mom.asnumpy() - 0.1 * (g.asnumpy() + 0.2 * w.asnumpy())
    nd.nag_mom_update(w, g, mom, lr=0.1, momentum=0.6, wd=0.2)
    np.testing.assert_allclose(mom.asnumpy(), expected, rtol=1e-5)


def test_half_weights_keep_a_float32_copy() -> None:
    single = draw(1, "float16")[:2] + draw(1, "float32")[2:]
    single = [a.astype("float32") for a in single]
    half = [single[0].astype("float16"), single[1].astype("float16"), single[2].copy(), single[0].copy()]
    for _ in range(3):
        nd.nag_mom_update(*single, out=single[0], lr=0.1, momentum=0.6, wd=0.2)
        nd.mp_nag_mom_update(*half, out=half[0], lr=0.1, momentum=0.6, wd=0.2)
    np.testing.assert_allclose(half[3].asnumpy(), single[0].asnumpy(), rtol=1e-6)
    np.testing.assert_array_equal(half[0].asnumpy(), half[3].astype("float16").asnumpy())


@pytest.mark.parametrize("t", [1, 4])
def test_ftml(t: int) -> None:
    w, g, d, v, z = draw(3, "float64")
    beta1, beta2, epsilon, lr = 0.6, 0.999, 1e-8, 0.1
    g64 = clip(0.5 * g.asnumpy() + 0.1 * w.asnumpy(), 0.7)
    v64 = beta2 * v.asnumpy() + (1 - beta2) * g64**2
    d64 = (1 - beta1**t) / lr * (np.sqrt(v64 / (1 - beta2**t)) + epsilon)
    z64 = beta1 * z.asnumpy() + (1 - beta1) * g64 - (d64 - beta1 * d.asnumpy()) * w.asnumpy()
    new = nd.ftml_update(w, g, d, v, z, lr=lr, t=t, wd=0.1, rescale_grad=0.5, clip_grad=0.7)
    for mine, expected in ((new, -z64 / d64), (d, d64), (v, v64), (z, z64)):
        np.testing.assert_allclose(mine.asnumpy(), expected, rtol=1e-4)
    with pytest.raises(MXNetError, match=r"\[ftml_update\] t is 0"):
        nd.ftml_update(w, g, d, v, z, lr=lr, t=0)


def test_group_adagrad_has_one_history_per_row() -> None:
    w, g = draw(0, "float64")
    history = nd.array(np.linspace(0.1, 1, SHAPE[0])[:, None], dtype="float64")
    g64 = clip(0.5 * g.asnumpy(), 0.7)
    h64 = history.asnumpy() + (g64**2).mean(axis=1, keepdims=True)
    new = nd.contrib.group_adagrad_update(
        w, g, history, out=w, lr=0.1, rescale_grad=0.5, clip_gradient=0.7, epsilon=1e-5
    )
    assert new is w
    np.testing.assert_allclose(history.asnumpy(), h64, rtol=1e-5)
    # w itself was changed: compare with what it was
    before = draw(0, "float64")[0].asnumpy()
    np.testing.assert_allclose(w.asnumpy(), before - 0.1 * g64 / np.sqrt(h64 + 1e-5), rtol=1e-5)


def test_lars() -> None:
    lrs, wds = nd.array([0.1, 0.2, 0.3, 0.4]), nd.array([0.0, 0.1, 0.2, 0.3])
    weights, grads = nd.array([1.0, 0.0, 2.0, 3.0]), nd.array([2.0, 1.0, 0.0, 5.0])
    new = nd.multi_lars(lrs, weights, grads, wds, eta=0.5, eps=0.01, rescale_grad=0.3).asnumpy()
    np.testing.assert_allclose(new[1:3], [0.2, 0.3], rtol=1e-6)  # where a norm is 0
    expected = [lr * 0.5 * w / (0.3 * g + wd * w + 0.01) for lr, w, g, wd in
                ((0.1, 1, np.sqrt(2), 0), (0.4, np.sqrt(3), np.sqrt(5), 0.3))]  # fmt: skip
    np.testing.assert_allclose(new[[0, 3]], expected, rtol=1e-6)
