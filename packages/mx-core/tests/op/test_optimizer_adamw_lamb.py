"""AdamW, LAMB and updates with learning rates in arrays: for one weight and for many."""

import mx_core.ndarray as nd
import numpy as np
import pytest
from mx_core.base import MXNetError

SHAPES = [(3,), (40, 7), (1,), (150, 301)]
LRS, WDS, ETAS = [0.1, 0.2, 0.3, 0.4], [0.0, 0.01, 0.1, 0.02], [1.0, 0.5, 0.3, 2.0]


def arrays(states: int, master: bool) -> list[list[nd.NDArray]]:
    """For each shape: weight, gradient, states and the float32 weight."""
    rng = np.random.default_rng(5)
    dtype = "float16" if master else "float32"
    groups = []
    for shape in SHAPES:
        draw = [nd.array(rng.standard_normal(shape), dtype=dtype) for _ in range(2)]
        draw += [nd.array(np.abs(rng.standard_normal(shape)), dtype="float32") for _ in range(states)]
        groups.append(draw + ([draw[0].astype("float32")] if master else []))
    return groups


def columns(groups: list[list[nd.NDArray]]) -> list[list[nd.NDArray]]:
    return [list(column) for column in zip(*groups)]


def assert_same(a: list[list[nd.NDArray]], b: list[list[nd.NDArray]], tolerance: float = 0) -> None:
    for mine, expected in zip(a, b):
        for x, y in zip(mine, expected):
            np.testing.assert_allclose(x.asnumpy(), y.asnumpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("master", [False, True])
def test_adamw(master: bool) -> None:
    alone, together = arrays(2, master), arrays(2, master)
    one = nd.contrib.mp_adamw_update if master else nd.contrib.adamw_update
    many = nd.contrib.multi_mp_adamw_update if master else nd.contrib.multi_adamw_update
    more = {"beta1": 0.5, "beta2": 0.9, "epsilon": 0.01, "clip_gradient": 0.4}
    w, g, mean, var = (a.asnumpy().astype("float64") for a in alone[1][:4])
    for group, lr, wd, eta in zip(alone, LRS, WDS, ETAS):
        one(*group, 0.5, out=group[0], lr=lr, wd=wd, eta=eta, **more)
    many(*columns(together), nd.array([0.5]), lrs=LRS, wds=WDS, etas=ETAS, out=columns(together)[0], **more)
    assert_same(together, alone)
    g = np.clip(0.5 * g, -0.4, 0.4)
    mean, var = 0.5 * mean + 0.5 * g, 0.9 * var + 0.1 * g * g
    w = w - 0.5 * (0.2 * mean / (np.sqrt(var) + 0.01) + 0.01 * w)
    for mine, expected in zip([alone[1][-1 if master else 0], *alone[1][2:4]], (w, mean, var)):
        np.testing.assert_allclose(mine.asnumpy(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("factor", [0.0, np.nan, np.inf])
def test_adamw_skips_gradients_that_overflowed(factor: float) -> None:
    group, before = arrays(2, False)[1], arrays(2, False)[1]
    nd.contrib.adamw_update(*group, nd.array([factor]), out=group[0], lr=0.1, eta=1.0, wd=0.1)
    assert_same([group], [before])


@pytest.mark.parametrize("master", [False, True])
@pytest.mark.parametrize(
    "more",
    [{}, {"rescale_grad": 0.7, "clip_gradient": 0.4}, {"bias_correction": False}],
    ids=["plain", "clip", "biased"],
)
@pytest.mark.parametrize("bounds", [{}, {"lower_bound": 3.0}, {"upper_bound": 1.0}], ids=["free", "lower", "upper"])
def test_lamb_for_many_is_two_phases_for_each(master: bool, more: dict, bounds: dict) -> None:
    alone, together = arrays(2, master), arrays(2, master)
    phase1, phase2, many = (
        (nd.mp_lamb_update_phase1, nd.mp_lamb_update_phase2, nd.contrib.multi_mp_lamb_update)
        if master
        else (nd.lamb_update_phase1, nd.lamb_update_phase2, nd.contrib.multi_lamb_update)
    )
    for t, (group, lr, wd) in enumerate(zip(alone, LRS, WDS), 1):
        direction = phase1(*group, t=t, wd=wd, **more)
        assert direction.dtype == np.float32
        norms = group[-1 if master else 0].norm(), direction.norm()
        tail = (*norms, group[-1]) if master else norms
        phase2(group[0], direction, *tail, out=group[0], lr=lr, **bounds)
    steps = list(range(1, len(SHAPES) + 1))
    many(*columns(together), step_count=steps, lrs=LRS, wds=WDS, out=columns(together)[0], **more, **bounds)
    assert_same(together, alone, 1e-6)


def test_lamb_follows_the_formula() -> None:
    w, g, mean, var = (a.astype("float64") for a in arrays(2, False)[1])
    m = 0.9 * mean.asnumpy() + 0.1 * np.clip(0.5 * g.asnumpy(), -0.7, 0.7)
    v = 0.999 * var.asnumpy() + 0.001 * np.clip(0.5 * g.asnumpy(), -0.7, 0.7) ** 2
    expected = m / (1 - 0.9**3) / (np.sqrt(v / (1 - 0.999**3)) + 1e-6) + 0.1 * w.asnumpy()
    step = nd.lamb_update_phase1(w, g, mean, var, t=3, wd=0.1, rescale_grad=0.5, clip_gradient=0.7)
    np.testing.assert_allclose(step.asnumpy(), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(mean.asnumpy(), m, rtol=1e-5, atol=1e-6)
    one = nd.array([1.0], dtype="float64")
    for r1, r2, factor in ((0.0, 2.0, 1.0), (3.0, 0.0, 1.0), (3.0, 2.0, 1.5)):
        new = nd.lamb_update_phase2(w, step, one * r1, one * r2, lr=0.1)
        np.testing.assert_allclose(new.asnumpy(), w.asnumpy() - 0.1 * factor * step.asnumpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("master", [False, True])
@pytest.mark.parametrize("momentum", [None, 0.9])
def test_learning_rates_in_arrays(momentum: float | None, master: bool) -> None:
    name = ("mp_" if master else "") + ("sgd_update" if momentum is None else "sgd_mom_update")
    more = {"rescale_grad": 0.5, "clip_gradient": 0.7} | ({} if momentum is None else {"momentum": momentum})
    states = 0 if momentum is None else 1
    given, preloaded = arrays(states, master), arrays(states, master)
    flat = [a for group in given for a in group]
    getattr(nd, "multi_" + name)(*flat, out=[g[0] for g in given], lrs=LRS, wds=WDS, num_weights=len(SHAPES), **more)
    flat = [a for group in preloaded for a in group] + [nd.array(LRS), nd.array(WDS)]
    out = [g[0] for g in preloaded]
    getattr(nd, "preloaded_multi_" + name)(*flat, out=out, **more)  # weights are counted
    assert_same(preloaded, given)


def test_counts_are_checked() -> None:
    a = nd.ones((2,))
    with pytest.raises(MXNetError, match=r"\[_multi_lamb_update\] got 1 learning_rates, 2 wds and 2 step_count"):
        nd.contrib.multi_lamb_update(*[[a, a]] * 4, step_count=[1, 1], lrs=[1.0], wds=[0.0, 0.0])
    with pytest.raises(MXNetError, match=r"\[_multi_adamw_update\] got 1 lrs, 2 wds and 2 etas"):
        nd.contrib.multi_adamw_update(*[[a, a]] * 4, 1.0, lrs=[1.0], wds=[0.0, 0.0], etas=[1.0, 1.0])
