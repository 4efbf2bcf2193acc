"""Learning-rate schedules: values of MXNet 1.9.1 (base learning rate 1)."""

import pytest
from mx_core.base import MXNetError
from mx_module.lr_scheduler import CosineScheduler, FactorScheduler, MultiFactorScheduler, PolyScheduler

WARM = {"base_lr": 1.0, "warmup_steps": 4}


@pytest.mark.parametrize(
    ("schedule", "values"),
    [
        (FactorScheduler(2, 0.5, base_lr=1.0), [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125]),
        (FactorScheduler(1, 0.1, stop_factor_lr=0.05, base_lr=1.0), [1, 1, 0.1, 0.05, 0.05]),
        (MultiFactorScheduler([2, 5], 0.1, base_lr=1.0), [1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01]),
        (PolyScheduler(4, base_lr=1.0, pwr=2), [1, 0.5625, 0.25, 0.0625, 0, 0]),
        (PolyScheduler(4, base_lr=1.0, pwr=1, final_lr=0.2), [1, 0.8, 0.6, 0.4, 0.2, 0.2]),
        (CosineScheduler(4, base_lr=1.0), [1, 0.853553390593, 0.5, 0.146446609407, 0, 0]),
        (FactorScheduler(100, 0.5, **WARM), [0, 0.25, 0.5, 0.75, 1, 1]),
        (CosineScheduler(8, warmup_begin_lr=0.2, **WARM), [0.2, 0.4, 0.6, 0.8, 1, 0.853553390593]),
        (MultiFactorScheduler([5], 0.5, warmup_begin_lr=0.3, warmup_mode="constant", **WARM), [0.3] * 4 + [1, 1, 0.5]),
    ],
)
def test_values(schedule, values):
    assert [schedule(update) for update in range(len(values))] == pytest.approx(values, abs=1e-9)


def test_factor_catches_up_after_a_jump():
    assert FactorScheduler(2, 0.5, base_lr=1.0)(7) == 0.125


@pytest.mark.parametrize(
    "make",
    [
        lambda: FactorScheduler(0),
        lambda: FactorScheduler(1, 1.5),
        lambda: MultiFactorScheduler([]),
        lambda: MultiFactorScheduler([3, 3]),
        lambda: PolyScheduler(0),
        lambda: CosineScheduler(4, warmup_steps=4),
        lambda: FactorScheduler(1, warmup_steps=-1),
        lambda: FactorScheduler(1, base_lr=0.1, warmup_begin_lr=0.2),
        lambda: FactorScheduler(1, warmup_mode="cubic"),
    ],
)
def test_bad_arguments(make):
    with pytest.raises(MXNetError, match=r"^\[\w+Scheduler\]"):
        make()
